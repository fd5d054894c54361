"""A stand-in for a service of avatars, as LiveKit's `bey` plugin asks it: a face in the room.

It takes `POST /v1/sessions` with the key, the room's address and a token, joins with that token,
shows a picture, and plays what the agent sends by LiveKit's data streams.

Source: https://docs.bey.dev, and livekit-plugins-bey 1.8.9
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Self

import numpy as np
from aiohttp import web
from livekit import rtc
from livekit.agents.voice.avatar import (
    AudioSegmentEnd,
    AvatarOptions,
    AvatarRunner,
    DataStreamAudioReceiver,
    VideoGenerator,
)
from support.live.sound import Samples

KEY = "key of the faces"
SIZE, FPS, RATE = 64, 10, 16_000
_FACE = rtc.VideoFrame(SIZE, SIZE, rtc.VideoBufferType.RGBA, bytes([90, 140, 200, 255]) * SIZE**2)
_ON_BEHALF = "lk.publish_on_behalf"


class Face(VideoGenerator):
    """A picture that does not move, and the sound that came."""

    def __init__(self) -> None:
        """Nothing has been heard."""
        self.heard: list[Samples] = []
        self._coming: asyncio.Queue[rtc.AudioFrame | AudioSegmentEnd] = asyncio.Queue()

    async def push_audio(self, frame: rtc.AudioFrame | AudioSegmentEnd) -> None:
        """Take what the agent says."""
        if isinstance(frame, rtc.AudioFrame):
            self.heard.append(np.frombuffer(frame.data, np.int16).copy())
        self._coming.put_nowait(frame)

    def clear_buffer(self) -> None:
        """Say no more of it."""
        while not self._coming.empty():
            self._coming.get_nowait()

    async def __aiter__(self) -> Any:
        """The picture, so many times a second, and the sound beside it."""
        while True:
            yield _FACE
            with contextlib.suppress(TimeoutError):
                piece = await asyncio.wait_for(self._coming.get(), 1 / FPS)
                yield piece


class Avatars:
    """The service; use it by `async with`.

    Attributes:
        asked: the bodies of the requests that it took.
        faces: those that are in rooms.
    """

    def __init__(self, *, refuses: int = 0, joins: bool = True) -> None:
        """Take each session; `refuses` is a status instead, `joins: no` takes it and stays away."""
        self.asked: list[dict[str, Any]] = []
        self.faces: list[Face] = []
        self.url = ""
        self._refuses, self._joins = refuses, joins
        self._rooms: list[tuple[rtc.Room, AvatarRunner]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Begin to serve."""
        app = web.Application()
        app.router.add_post("/v1/sessions", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave all rooms."""
        await self.leave()
        assert self._runner is not None
        await self._runner.cleanup()

    async def leave(self) -> None:
        """All faces leave their rooms, as when the service fails."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        rooms, self._rooms = self._rooms, []
        for room, runner in rooms:
            await room.disconnect()
            await runner.aclose()

    async def _take(self, request: web.Request) -> web.Response:
        if request.headers.get("x-api-key") != KEY:
            return web.json_response({"detail": "Invalid API key"}, status=401)
        if self._refuses:
            return web.json_response({"detail": "No more minutes"}, status=self._refuses)
        body = await request.json()
        self.asked.append(body)
        if self._joins:
            task = asyncio.get_running_loop().create_task(self._join(body))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return web.json_response({"id": "session-1", "avatar_id": body["avatar_id"]}, status=201)

    async def _join(self, body: dict[str, Any]) -> None:
        room, face = rtc.Room(), Face()
        await room.connect(body["url"], body["token"])
        agent = room.local_participant.attributes[_ON_BEHALF]
        runner = AvatarRunner(
            room,
            audio_recv=DataStreamAudioReceiver(room, sender_identity=agent),
            video_gen=face,
            options=AvatarOptions(SIZE, SIZE, FPS, RATE, 1),
        )
        self._rooms.append((room, runner))
        self.faces.append(face)
        await runner.start()
