"""The agent's avatar: a participant of its own in the room, with a face, that speaks for the agent.

LiveKit's plugins have a service join the room, and the agent's sound goes to it in place of the
room. Where it does not come, or leaves, the sound goes to the room: the call goes on without a
picture.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any, Final

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice import io, room_io
from livekit.agents.voice.room_io._output import _ParticipantAudioOutput

from runner.session.call import Call
from runner.session.clock import within
from runner.session.errors import CannotStartError
from runner.session.models.providers import close

log = logging.getLogger("lkrun")

STARTS: Final = 10.0
"""Seconds in which the service should have taken the call: the caller waits for the first words."""

JOINS: Final = 15.0
"""Seconds in which it should be in the room, with its picture."""


class AvatarOutput(io.AudioOutput):
    """The way of the agent's sound: to the avatar, or to the room where that is lost.

    LiveKit's own output waits for an avatar without end.
    """

    def __init__(self, avatar: io.AudioOutput) -> None:
        """Lead to the avatar; what is spoken waits until it is there."""
        capabilities = io.AudioOutputCapabilities(pause=True)
        # LiveKit puts a place of exchange before the avatar's own output
        super().__init__(label="Avatar", capabilities=capabilities, next_in_chain=avatar)
        self._there = asyncio.Event()

    @property
    def _next(self) -> Any:
        return self.next_in_chain

    @property
    def sample_rate(self) -> int | None:
        """Samples a second that it takes now."""
        rate: int | None = self._next.sample_rate
        return rate

    def arrive(self) -> None:
        """Let go what waits: somebody is there who takes it."""
        self._there.set()

    def lead_to(self, other: io.AudioOutput) -> None:
        """Go on with another output; what the avatar has not spoken is lost."""
        self._next.set_next_in_chain(other)
        self.arrive()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Hand a piece of sound on."""
        await self._there.wait()
        await super().capture_frame(frame)
        await self._next.capture_frame(frame)

    def flush(self) -> None:
        """A segment has come to its end."""
        super().flush()
        self._next.flush()

    def clear_buffer(self) -> None:
        """Nothing of it is spoken any more."""
        self._next.clear_buffer()


@dataclass(slots=True)
class _Shown:
    """An avatar that has been asked to come, and the way of the sound to it."""

    avatar: Any
    room: rtc.Room
    output: AvatarOutput
    lost: bool = False
    instead: Any = None
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)


class Avatar:
    """Has the agent's avatar join the room, and does without it where it does not.

    Args:
        call: the call.
    """

    def __init__(self, call: Call) -> None:
        """Nobody has been asked to come."""
        self._call = call
        self._shown: _Shown | None = None

    async def begin(self, session: AgentSession[Any], room: rtc.Room) -> bool:
        """Have it come, where the agent has one.

        Args:
            session: about to be started; its sound goes to the avatar.
            room: connected.

        Returns:
            Whether the agent's sound goes to an avatar.
        """
        agent = self._call.bound.release.agent
        if agent.avatar is None or self._call.channel != "voice":
            return False
        if agent.room is not None and not agent.room.audio_out:
            return False
        made: Any = None
        try:
            async with within(self._call.clock, STARTS):
                made = self._call.bound.models.get("avatar", str(agent.avatar))
                await made.start(session, room)
            if session.output.audio is None:
                raise CannotStartError("it takes no sound")  # noqa: TRY301 - one way to tell
        except Exception as error:  # noqa: BLE001 - whatever it raises, the call goes on without
            late = isinstance(error, TimeoutError)
            self._tell(f"it did not answer within {STARTS:g}s" if late else self._reason(error))
            session.output.audio = None
            self._let_go(made)
            return False
        session.output.audio = output = AvatarOutput(session.output.audio)
        self._shown = shown = _Shown(made, room, output)
        room.on("participant_disconnected", self._left)
        self._spawn(shown, self._joined(shown))
        return True

    def stop(self) -> None:
        """Look after it no more."""
        if self._shown is not None:
            self._shown.room.off("participant_disconnected", self._left)
            for task in self._shown.tasks:
                task.cancel()
            if self._shown.instead is not None:
                self._call.later(self._shown.instead.aclose())

    async def _joined(self, shown: _Shown) -> None:
        try:
            async with within(self._call.clock, JOINS):
                await shown.avatar.wait_for_join(timeout=None)
        except TimeoutError:
            self._lose(shown, f"it did not join the room within {JOINS:g}s")
        else:
            shown.output.arrive()

    def _left(self, participant: rtc.RemoteParticipant) -> None:
        shown = self._shown
        if shown is not None and participant.identity == shown.avatar.avatar_identity:
            self._lose(shown, "it has left the room")

    def _lose(self, shown: _Shown, why: str) -> None:
        """Lead the sound to the room, as where there is no avatar."""
        if shown.lost or self._call.over:
            return
        shown.lost = True
        self._tell(why)
        options = room_io.AudioOutputOptions()
        shown.instead = instead = _ParticipantAudioOutput(
            shown.room,
            # what is being spoken goes on in the form that the avatar has asked for
            sample_rate=shown.output.sample_rate or options.sample_rate,
            num_channels=options.num_channels,
            track_publish_options=options.track_publish_options,
        )
        self._spawn(shown, instead.start())
        shown.output.lead_to(instead)
        self._let_go(shown.avatar)

    def _spawn(self, shown: _Shown, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        shown.tasks.add(task)
        task.add_done_callback(shown.tasks.discard)

    def _let_go(self, made: Any) -> None:
        if made is not None:
            self._call.later(close([made]))

    def _tell(self, why: str) -> None:
        name = self._call.bound.release.agent.avatar
        log.error("the avatar '%s' cannot be seen: %s; the call goes on without it", name, why)

    def _reason(self, error: Exception) -> str:
        line = next((part.strip() for part in str(error).splitlines() if part.strip()), "")
        return self._call.bound.models.mask(line[:300]) or type(error).__name__
