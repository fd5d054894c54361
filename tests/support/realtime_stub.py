"""A server on this machine that speaks OpenAI's Realtime protocol, for LiveKit's real plugins.

with RealtimeStub(lambda asked: Say("Good day.")) as openai:
    ...                         # `base_url: {openai.url}` in a provider's `with`
assert openai.sessions[0]["instructions"] == "Help."
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from aiohttp import WSMsgType, web
from support.realtime_session import Asked, Outputs, RealtimeProtocol, Say


class RealtimeStub:
    """The server; it runs in a thread of its own from `with` to its end.

    Args:
        answer: what a response is made of.
        hears: what is understood of the caller's sound.
        refuse: connections that are refused with this status while it is set.

    Attributes:
        events: all client events that came, in order.
        sent: all server events.
        sessions: what each connection has set, the first one first.
        keys: the keys that came, one a connection.
        models: the models that were asked for.
    """

    def __init__(
        self,
        answer: Callable[[Asked], Outputs] = lambda request: Say(f"heard: {request.text}"),
        *,
        hears: Callable[[bytes], str] = lambda _: "hello there",
        refuse: int | None = None,
    ) -> None:
        self.answer, self.hears, self.refuse = answer, hears, refuse
        self.events: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.sessions: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.models: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._sockets: set[web.WebSocketResponse] = set()
        self._port = 0

    @property
    def url(self) -> str:
        """What stands as `base_url`."""
        return f"http://127.0.0.1:{self._port}/v1"

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The client events of a type."""
        return [event for event in list(self.events) if event["type"] == kind]

    def drop(self) -> None:
        """Lose every connection."""
        asyncio.run_coroutine_threadsafe(self._lose(), self._loop).result(10)

    async def _lose(self) -> None:
        for socket in list(self._sockets):
            if socket._req is not None and socket._req.transport is not None:  # says no farewell
                socket._req.transport.abort()

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _begin(self) -> None:
        app = web.Application()
        app.router.add_get("/v1/realtime", self._connected)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _end(self) -> None:
        for socket in list(self._sockets):
            await socket.close()
        await self._runner.cleanup()

    async def _connected(self, request: web.Request) -> web.StreamResponse:
        self.keys.append(request.headers.get("Authorization", "").removeprefix("Bearer "))
        self.models.append(request.query.get("model", ""))
        if self.refuse is not None:
            error = {"message": "Incorrect API key provided", "code": "invalid_api_key"}
            return web.json_response({"error": error}, status=self.refuse)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await self._talk(socket)
        finally:
            self._sockets.discard(socket)
        return socket

    def _answers(self, request: Asked) -> Outputs:
        return self.answer(request)

    def _understands(self, sound: bytes) -> str:
        return self.hears(sound)

    async def _talk(self, socket: web.WebSocketResponse) -> None:
        async def send(event: dict[str, Any]) -> None:
            self.sent.append(json.loads(json.dumps(event)))
            with suppress(ConnectionError):
                await socket.send_json(event)

        protocol = RealtimeProtocol(send, self._answers, self._understands)
        self.sessions.append(protocol.session)
        await protocol.greet()
        responding: set[asyncio.Task[None]] = set()

        async def respond(request: dict[str, Any]) -> None:
            try:
                async for _ in protocol.respond(request):
                    await asyncio.sleep(0)
            except ConnectionResetError:
                await self._lose()

        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                event = json.loads(message.data)
                self.events.append(event)
                request = await protocol.take(event)
                if request is not None:
                    task = asyncio.get_running_loop().create_task(respond(request))
                    responding.add(task)
                    task.add_done_callback(responding.discard)
        finally:
            for task in responding:
                task.cancel()
