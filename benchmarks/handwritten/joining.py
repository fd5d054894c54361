"""A program that joins a room and stays, in two forms that are measured side by side.

`joining.py start`: a LiveKit worker of its own, with LiveKit's defaults. `joining.py listen`: the
program of an external agent, which takes its jobs by signed requests.
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
from typing import Any

from aiohttp import web
from livekit import rtc
from livekit.agents import AgentServer, JobContext, cli
from standardwebhooks import Webhook

server = AgentServer(
    num_idle_processes=2,
    load_fnc=lambda _: 0.0,
    load_threshold=math.inf,
    host="127.0.0.1",
    port=0,
)


@server.rtc_session(agent_name="own_worker")
async def entrypoint(ctx: JobContext) -> None:
    """Join."""
    await ctx.connect()


class Listening:
    """Takes jobs, and joins."""

    def __init__(self, secret: str) -> None:
        """Know the secret."""
        self.webhook = Webhook(secret)
        self._tasks: set[asyncio.Task[None]] = set()

    async def receive(self, request: web.Request) -> web.Response:
        """Verify, say yes, and join beside."""
        message = self.webhook.verify(await request.read(), dict(request.headers))
        if message["type"] == "agent.job.requested":
            task = asyncio.get_running_loop().create_task(_stay(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return web.json_response({"accepted": True})


async def _stay(job: dict[str, Any]) -> None:
    room, over = rtc.Room(), asyncio.Event()
    room.on("disconnected", lambda *_: over.set())
    room.on("participant_disconnected", lambda *_: over.set())
    await room.connect(job["server_url"], job["access_token"])
    await over.wait()
    await room.disconnect()


async def listen() -> None:
    """Listen on a free port, say which, and go on until the end."""
    app = web.Application()
    app.router.add_post("/livekit", Listening(os.environ["BENCH_SECRET"]).receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print("listening", runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1:] == ["listen"]:
        asyncio.run(listen())
    else:
        cli.run_app(server)
