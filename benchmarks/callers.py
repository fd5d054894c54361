"""A caller who measures: joins a room with LiveKit's client, speaks, writes and listens."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from livekit import api, rtc
from lkrun_espeak import engine
from lkrun_espeak.engine import Manner
from numpy.typing import NDArray
from programs import KEY, SECRET, token

SPOKEN: Final = "are you open on saturday"
"""What callers say: the ears of both workers know it."""

RATE: Final = 48_000
_FRAME: Final = RATE // 100
_LOUD: Final = 600
_QUIET: Final = 0.7
_AGENT: Final = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT


class NoAnswerError(Exception):
    """What was waited for did not come."""


def speech(text: str) -> NDArray[np.int16]:
    """A sentence at the caller's rate, without the silence at its end."""
    pieces: list[bytes] = []

    def take(piece: bytes) -> bool:
        pieces.append(piece)
        return True

    engine.speak(text, Manner("en-us", 150, 50, 100), take)
    made = np.frombuffer(b"".join(pieces), np.int16)
    at = np.arange(0, len(made) - 1, engine.SAMPLE_RATE / RATE)
    samples = np.interp(at, np.arange(len(made)), made).astype(np.int16)
    last = int(np.nonzero(np.abs(samples) > _LOUD)[0][-1])
    return samples[: last + 1]


@dataclass
class Caller:
    """One caller. All times are those of `time.perf_counter`.

    Attributes:
        lines: when a written line of the agent came, or grew, and what it says.
        joined: when an agent was seen in the room.
        track: when its sound was there to be heard.
    """

    url: str
    room: str = field(default_factory=lambda: f"bench-{secrets.token_hex(5)}")
    joined: float | None = None
    track: float | None = None
    client: rtc.Room = field(default_factory=rtc.Room)
    lines: list[tuple[float, str]] = field(default_factory=list)
    _loud: list[float] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _words: asyncio.Queue[tuple[NDArray[np.int16], asyncio.Future[float]]] = field(
        default_factory=asyncio.Queue
    )

    async def join(self, *, microphone: bool) -> None:
        """Come into the room."""
        self.client.on("track_subscribed", self._subscribed)
        self.client.on("participant_connected", self._came)
        self.client.register_text_stream_handler("lk.transcription", self._text_began)
        await asyncio.wait_for(self.client.connect(self.url, token(self.room, "caller")), 20)
        if microphone:
            source = rtc.AudioSource(RATE, 1, queue_size_ms=100)
            track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
            await self.client.local_participant.publish_track(track, options)
            self._spawn(self._talk(source))

    async def call(self, agent: str, metadata: str = "") -> float:
        """Have an agent sent into the room; gives the moment before."""
        begun = time.perf_counter()
        async with api.LiveKitAPI(self.url, KEY, SECRET) as server:
            begun = time.perf_counter()
            await server.agent_dispatch.create_dispatch(
                api.CreateAgentDispatchRequest(agent_name=agent, room=self.room, metadata=metadata)
            )
        return begun

    async def says(self, samples: NDArray[np.int16]) -> float:
        """Speak; gives the moment at which the last of it was sent."""
        done: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._words.put_nowait((samples, done))
        return await done

    async def writes(self, text: str) -> float:
        """Write a line; gives the moment before."""
        begun = time.perf_counter()
        await self.client.local_participant.send_text(text, topic="lk.chat")
        return begun

    async def met(self, within: float = 20.0) -> float:
        """When an agent was seen in the room."""
        return float(await self._until(lambda: self.joined, within))

    async def heard(self, after: float, within: float = 20.0) -> float:
        """When the first sound after a moment was heard."""
        return float(
            await self._until(lambda: next((t for t in self._loud if t > after), None), within)
        )

    async def read(self, after: float, words: str, within: float = 20.0) -> float:
        """When words were read that came after a moment."""

        def look() -> float | None:
            return next((at for at, text in self.lines if at > after and words in text), None)

        return float(await self._until(look, within))

    async def quiet(self, within: float = 20.0) -> None:
        """Return when nothing has been heard for a while."""
        deadline = time.perf_counter() + within
        while self._loud and (rest := self._loud[-1] + _QUIET - time.perf_counter()) > 0:
            if time.perf_counter() > deadline:
                raise NoAnswerError("the agent does not stop talking")
            await asyncio.sleep(rest)

    async def leave(self) -> None:
        """Hang up, and close the room."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.client.disconnect(), 10)
        async with api.LiveKitAPI(self.url, KEY, SECRET) as server:
            with contextlib.suppress(api.TwirpError):
                await server.room.delete_room(api.DeleteRoomRequest(room=self.room))

    async def _until(self, look: Callable[[], Any], within: float) -> Any:
        try:
            async with asyncio.timeout(within):
                while (seen := look()) is None:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise NoAnswerError(f"nothing came in {within:g} s") from None
        return seen

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _came(self, participant: rtc.RemoteParticipant) -> None:
        if participant.kind == _AGENT and self.joined is None:
            self.joined = time.perf_counter()
            self._news.set()

    def _subscribed(self, track: Any, _: Any, participant: Any) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO and participant.kind == _AGENT:
            self.track = time.perf_counter()
            self._spawn(self._listen(track))

    def _text_began(self, reader: rtc.TextStreamReader, speaker: str) -> None:
        if speaker != "caller":
            self._spawn(self._text(reader))

    async def _text(self, reader: rtc.TextStreamReader) -> None:
        text = ""
        async for piece in reader:
            text += piece
            self.lines.append((time.perf_counter(), text))
            self._news.set()

    async def _listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=16_000, num_channels=1)
        try:
            async for event in stream:
                samples = np.frombuffer(event.frame.data, np.int16)
                if int(np.abs(samples.astype(np.int32)).max(initial=0)) > _LOUD:
                    self._loud.append(time.perf_counter())
                    self._news.set()
        finally:
            await stream.aclose()

    async def _talk(self, source: rtc.AudioSource) -> None:
        """Send 10 ms every 10 ms by the clock, so that what is sent is heard at once."""
        silence = np.zeros(_FRAME, np.int16)
        said, done = silence[:0], None
        due = time.perf_counter()
        try:
            while True:
                if done is None and not self._words.empty():
                    said, done = self._words.get_nowait()
                frame, said = said[:_FRAME], said[_FRAME:]
                whole = np.concatenate([frame, silence[len(frame) :]])
                await source.capture_frame(rtc.AudioFrame(whole.tobytes(), RATE, 1, _FRAME))
                if done is not None and not len(said):
                    done.set_result(time.perf_counter())
                    done = None
                due = max(due + 0.01, time.perf_counter() - 0.05)
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
        finally:
            await source.aclose()


@contextlib.asynccontextmanager
async def calling(url: str, *, microphone: bool) -> AsyncIterator[Caller]:
    """A caller in a room of their own, who hangs up at the end."""
    caller = Caller(url)
    try:
        await caller.join(microphone=microphone)
        yield caller
    finally:
        await caller.leave()
