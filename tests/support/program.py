"""The program of an external agent: verifies what it is sent, answers as it is told, and joins."""

from __future__ import annotations

import asyncio
import contextlib
import json

from aiohttp import ClientSession, web
from livekit import rtc
from standardwebhooks import Webhook, WebhookVerificationError

SECRET = "whsec_" + "c2l4dGVlbiBhbmQgbW9yZSBieXRlcyBhcmUgaGVyZQ=="


ECHO = "echo"
"""The content of an answer that sends all back."""


class Program:
    """Listens on 127.0.0.1; what it was sent stands in `jobs`, `told` and `refused`.

    Attributes:
        answer: status, body and headers of its answers, or one such for each in turn.
        joins: whether it joins the room.
        stays: whether it stays there until its caller leaves.
        slow: seconds before it answers.
        jobs: the bodies of `agent.job.requested`.
        headers: of each request.
        told: the bodies of other messages.
    """

    def __init__(self, *answers, joins=True, slow=0.0, secret=SECRET, stays=True):
        self.answers = list(answers) or [(200, {"accepted": True}, {})]
        self.stays, self.joins, self.slow, self.secret = stays, joins, slow, secret
        self.jobs, self.headers, self.told, self.refused = [], [], [], []
        self.rooms, self.raw = [], []
        self.news = asyncio.Condition()
        self.healthy = True
        self._tasks = set()
        self._server = None
        self.port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/livekit"

    async def __aenter__(self):
        app = web.Application()
        app.router.add_post("/livekit", self._asked)
        app.router.add_get("/health", self._health)
        self._server = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._server.setup()
        await web.TCPSite(self._server, "127.0.0.1", self.port).start()
        self.port = self._server.addresses[0][1]
        return self

    async def __aexit__(self, *_):
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for room in self.rooms:
            await room.disconnect()
        await self._server.cleanup()

    async def until(self, condition, within=20):
        async with asyncio.timeout(within), self.news:
            await self.news.wait_for(condition)

    async def _tell(self):
        async with self.news:
            self.news.notify_all()

    async def _health(self, _):
        return web.Response(status=200 if self.healthy else 503)

    async def _asked(self, request):
        body = await request.read()
        self.headers.append(dict(request.headers))
        self.raw.append(body)
        if "webhook-signature" in request.headers:
            try:
                Webhook(self.secret).verify(body, dict(request.headers))
            except WebhookVerificationError as error:
                self.refused.append(str(error))
                return web.Response(status=401)
        message = json.loads(body)
        if message["type"] != "agent.job.requested":
            self.told.append(message)
            await self._tell()
            return web.Response(status=204)
        self.jobs.append(message)
        await self._tell()
        if self.slow:
            await asyncio.sleep(self.slow)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        status, content, headers = answer
        if self.joins and 200 <= status < 300:
            task = asyncio.ensure_future(self.join(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        text = content if isinstance(content, str) else json.dumps(content)
        text = body.decode() if content == ECHO else text
        return web.Response(status=status, text=text, headers=headers)

    async def join(self, job):
        room, alone = rtc.Room(), asyncio.Event()
        self.rooms.append(room)
        room.on("participant_disconnected", lambda *_: room.remote_participants or alone.set())
        with contextlib.suppress(rtc.ConnectError):
            await room.connect(job["server_url"], job["access_token"])
            await room.local_participant.send_text("The program is here.", topic="lk.transcription")
            await self._tell()
            if self.stays:
                await alone.wait()
            await room.disconnect()

    async def report(self, job, token=None, **status):
        """Say how a job goes; the status of the answer."""
        bearer = {"Authorization": f"Bearer {token or job['status_token']}"}
        async with (
            ClientSession() as session,
            session.post(job["status_url"], json=status, headers=bearer) as answer,
        ):
            return answer.status
