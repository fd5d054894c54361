"""A caller: in a room with LiveKit's own client, speaking, writing and listening."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from livekit import rtc
from livekit.rtc.data_stream import StreamError
from support.live.rtcserver import LiveKitServer
from support.live.sound import HEARD, RATE, Samples, loud, speech

_FRAME = RATE // 100
_AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT

# LiveKit's server closes its ear to a client of which 200 messages wait (ErrChannelFull): then even
# a hang-up is lost. Each way to connect is a message. With one peer connection a client looks for
# ways for 7 media at once until it is answered: of 20 in one process some sent 518. With two it
# looks for one: at most 66.
_ONCE = rtc.RtcConfiguration(continual_gathering_policy=rtc.ContinualGatheringPolicy.GATHER_ONCE)


@dataclass
class Line:
    """A written line of the room: what the agent says, or what it has heard."""

    speaker: str
    text: str
    final: bool


@dataclass
class Caller:
    """One caller. Leave it by `async with`, or its client prints a panic at the end.

    Attributes:
        lines: the texts that came, in order; one that grows is one line.
        sound: what was heard from agents, 16 kHz.
        quiet: seconds for which nothing has been audible.
        connections: 1 as browsers have it, or 2: one to send and one to receive.
    """

    server: LiveKitServer
    room: str
    identity: str
    connections: int = 1
    client: rtc.Room = field(default_factory=rtc.Room)
    lines: list[Line] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    gone: str | None = None
    quiet: float = 0.0
    _heard: list[Samples] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _words: asyncio.Queue[Samples] = field(default_factory=asyncio.Queue)
    _source: rtc.AudioSource | None = None

    async def join(self, token: str) -> Self:
        """Come into the room."""
        client = self.client
        client.on("track_subscribed", self._subscribed)
        client.on("disconnected", self._disconnected)
        for event in ("participant_connected", "participant_disconnected"):
            client.on(event, lambda *_: self._news.set())
        client.on("connection_state_changed", self._state)
        client.register_text_stream_handler("lk.transcription", self._text_began)
        single = self.connections == 1
        options = rtc.RoomOptions(rtc_config=_ONCE, single_peer_connection=single)
        await asyncio.wait_for(client.connect(self.server.url, token, options), 15)
        return self

    async def speak_up(self) -> None:
        """Publish a microphone, which is silent until something is said."""
        self._source = rtc.AudioSource(RATE, 1, queue_size_ms=100)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self.client.local_participant.publish_track(track, options)
        self._spawn(self._talk(self._source))

    async def leave(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._source is not None:
            await self._source.aclose()
            self._source = None
        await asyncio.wait_for(self.client.disconnect(), 10)

    def says(self, text: str) -> None:
        """Speak a sentence."""
        self._words.put_nowait(speech(text))

    async def writes(self, text: str) -> None:
        """Write a line."""
        await self.client.local_participant.send_text(text, topic="lk.chat")

    @property
    def agents(self) -> list[rtc.RemoteParticipant]:
        """The agents that are in the room."""
        return [p for p in self.client.remote_participants.values() if p.kind == _AGENT]

    @property
    def sound(self) -> Samples:
        """All that was heard."""
        return np.concatenate([np.zeros(0, np.int16), *self._heard])

    @property
    def told(self) -> str:
        """All that agents have written, in one text."""
        return " | ".join(line.text for line in self.lines if line.speaker != self.identity)

    def mark(self) -> int:
        """A place in what is heard, for `since`."""
        return len(self._heard)

    def since(self, mark: int) -> Samples:
        """What was heard from a place on."""
        return np.concatenate([np.zeros(0, np.int16), *self._heard[mark:]])

    async def until(self, look: Callable[[], Any], what: str, within: float = 15.0) -> Any:
        """Wait until `look` sees something."""
        try:
            async with asyncio.timeout(within):
                while not (seen := look()):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            state = f"gone: {self.gone}; states: {self.states}; agents: {len(self.agents)}"
            lines = "\n".join(f"  {line.speaker}: {line.text}" for line in self.lines)
            raise AssertionError(f"{what}: not within {within} s ({state})\n{lines}") from None
        return seen

    async def meets_agent(self, within: float = 15.0) -> rtc.RemoteParticipant:
        """Wait for the agent to be in the room."""
        agents = await self.until(lambda: self.agents, "an agent in the room", within)
        agent: rtc.RemoteParticipant = agents[0]
        return agent

    async def reads(self, *words: str, within: float = 15.0, times: int = 1) -> None:
        """Wait until agents have written some words (so many times)."""
        await self.until(
            lambda: all(self.told.lower().count(each.lower()) >= times for each in words),
            f"{words} in what the agent writes", within,
        )  # fmt: skip

    async def hears(self, after: int = 0, within: float = 15.0) -> None:
        """Wait for something audible."""
        await self.until(lambda: loud(self.since(after)), "something to hear", within)

    async def hears_end(self, after: int = 0, within: float = 20.0, pause: float = 0.7) -> Samples:
        """Wait for something audible and the silence after it; gives what was heard."""
        await self.hears(after, within)
        await self.until(lambda: self.quiet >= pause, "silence after the agent's words", within)
        return self.since(after)

    async def sees_end(self, within: float = 15.0) -> None:
        """Wait for the end of the room, or of the agent's part in it."""
        await self.until(lambda: self.gone or not self.agents, "the end of the call", within)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _state(self, state: Any) -> None:
        self.states.append(rtc.ConnectionState.Name(state))
        self._news.set()

    def _disconnected(self, reason: Any) -> None:
        self.gone = str(reason)
        self._news.set()

    def _subscribed(self, track: Any, _publication: Any, participant: Any) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO and participant.kind == _AGENT:
            self._spawn(self._listen(track))

    def _text_began(self, reader: rtc.TextStreamReader, speaker: str) -> None:
        self._spawn(self._text(reader, speaker))

    async def _text(self, reader: rtc.TextStreamReader, speaker: str) -> None:
        attributes = reader.info.attributes or {}
        line = Line(speaker, "", attributes.get("lk.transcription_final") == "true")
        self.lines.append(line)
        with contextlib.suppress(StreamError):  # hung up in the middle of it
            async for piece in reader:
                line.text += piece
                self._news.set()

    async def _listen(self, track: rtc.Track) -> None:
        # each piece is handed to all streams of the process: few and long ones leave others time
        stream = rtc.AudioStream(track, sample_rate=HEARD, num_channels=1, frame_size_ms=50)
        try:
            async for event in stream:
                samples = np.frombuffer(event.frame.data, np.int16).copy()
                self._heard.append(samples)
                self.quiet = 0.0 if loud(samples) else self.quiet + len(samples) / HEARD
                self._news.set()
        finally:
            await stream.aclose()

    async def _talk(self, source: rtc.AudioSource) -> None:
        silence, said = np.zeros(_FRAME, np.int16), np.zeros(0, np.int16)
        while True:
            if not len(said) and not self._words.empty():
                said = self._words.get_nowait()
            frame, said = said[:_FRAME], said[_FRAME:]
            if len(frame) < _FRAME:
                frame = np.concatenate([frame, silence[len(frame) :]])
            await source.capture_frame(rtc.AudioFrame(frame.tobytes(), RATE, 1, _FRAME))


@contextlib.asynccontextmanager
async def calling(  # noqa: PLR0913 - what callers differ in, by name
    server: LiveKitServer,
    agent: str | None = None,
    *,
    room: str | None = None,
    voice: bool = False,
    metadata: str = "",
    connections: int = 1,
) -> AsyncIterator[Caller]:
    """A caller in a room of their own, to which the agent is called by their token."""
    number = secrets.token_hex(4)
    caller = Caller(server, room or f"room-{number}", f"caller-{number}", connections)
    try:
        await caller.join(server.token(caller.room, caller.identity, agent, metadata))
        if voice:
            await caller.speak_up()
        yield caller
    finally:
        await caller.leave()
