"""Who calls over the runner's own WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from support.live.served import Served
from support.live.sound import HEARD, speech

WITHOUT = {"LIVEKIT_URL": "", "LIVEKIT_API_KEY": "", "LIVEKIT_API_SECRET": ""}
"""The environment of a runner that has no LiveKit."""

PIECE = HEARD // 50


class Caller:
    """Who speaks over a socket: silence in real time, and sentences when a test says so."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Nothing is said or heard."""
        self.socket = socket
        self.frames: list[dict[str, Any]] = []
        self.heard = b""
        self.to_say = b""
        self.news = asyncio.Event()

    async def speak(self) -> None:
        """Send what the microphone hears, as long as the call is on."""
        due = asyncio.get_running_loop().time()
        while not self.socket.closed:
            piece, self.to_say = self.to_say[: 2 * PIECE], self.to_say[2 * PIECE :]
            await self.socket.send_bytes(piece.ljust(2 * PIECE, b"\0"))
            due += 0.02
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))

    async def listen(self) -> None:
        """Take what comes, until the end."""
        async for message in self.socket:
            if message.type == aiohttp.WSMsgType.BINARY:
                self.heard += message.data
            else:
                self.frames.append(json.loads(message.data))
            self.news.set()
        self.news.set()

    def say(self, text: str) -> None:
        """Say a sentence."""
        self.to_say += speech(text, HEARD).tobytes()

    async def until(self, true: Callable[[], Any]) -> None:
        """Wait until something is true of what has come."""
        try:
            async with asyncio.timeout(60):
                while not true():
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            pytest.fail(f"it did not come: {self.frames}")

    async def told(self, **fields: Any) -> dict[str, Any]:
        """A frame with these fields."""

        def there() -> list[dict[str, Any]]:
            return [frame for frame in self.frames if fields.items() <= frame.items()]

        await self.until(there)
        return there()[-1]


@asynccontextmanager
async def calling(runner: Served, agent: str = "clinic") -> AsyncIterator[Caller]:
    """A call that has begun."""
    address = f"{runner.http}/v1/agents/{agent}/voice?rate={HEARD}"
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
        caller = Caller(socket)
        tasks = [asyncio.ensure_future(work()) for work in (caller.speak, caller.listen)]
        try:
            await caller.told(type="session")
            yield caller
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
