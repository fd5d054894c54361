"""How a conversation begins: all is built, who listens is there, and somebody greets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession

from runner.session.call import Call
from runner.session.dialling import Telephone
from runner.session.errors import CannotStartError
from runner.session.events import Event
from runner.session.facts import CallFacts
from runner.session.parts import CallParts
from runner.session.personas.apology import apologise
from runner.session.personas.persona import LivePersona
from runner.session.preparation import Preparation
from runner.session.tracing import conversation_span


@dataclass(frozen=True, slots=True)
class Ends:
    """Where sound comes from and where it goes, instead of the room's; None: as LiveKit has it.

    Attributes:
        audio_in: an audio input (`livekit.agents.voice.io.AudioInput`).
        audio_out: an audio output.
        text_out: where the words go that are spoken.
    """

    audio_in: Any = None
    audio_out: Any = None
    text_out: Any = None

    def join(self, session: AgentSession[Any]) -> None:
        """Give LiveKit's session those that there are."""
        if self.audio_in is not None:
            session.input.audio = self.audio_in
        if self.audio_out is not None:
            session.output.audio = self.audio_out
        if self.text_out is not None:
            session.output.transcription = self.text_out


class Starting:
    """Begins one conversation.

    Args:
        call: the call.
        parts: who works in it.
        preparation: builds LiveKit's session and the first persona.
    """

    def __init__(self, call: Call, parts: CallParts, preparation: Preparation) -> None:
        self._call, self._parts, self._preparation = call, parts, preparation

    async def start(
        self,
        room: rtc.Room | None,
        facts: CallFacts | None,
        ends: Ends,
        *,
        telephone: Telephone | None,
        record: Any,
    ) -> list[Event]:
        """Begin, and greet; what is given is what `Conversation.start` is given.

        Returns:
            The events of turn 0.

        Raises:
            CannotStartError: a provider cannot be built.
        """
        self._call.in_room, self._call.room = room is not None, room
        self._parts.outgoing.begin(telephone)
        with conversation_span(self._about(), self._parts.ending.ended):
            session, first = await self._built(room, facts, ends.audio_out)
            self._parts.listener.listen(session)
            self._parts.ending.watch(session)
            ends.join(session)
            self._parts.timers.begin()
            self._parts.language.prepare()
            greeted = self._call.events.latest
            await self._begin(session, first, room, record)
            return list(greeted)

    def _about(self) -> dict[str, Any]:
        """What a trace says of it."""
        call, release = self._call, self._call.bound.release
        return {
            "lkrun.agent": release.name,
            "lkrun.agent.digest": release.digest,
            "lkrun.session.id": call.bound.context.facts.id,
            "lkrun.channel": call.channel,
            "lkrun.in_room": call.in_room,
        }

    async def _built(
        self, room: rtc.Room | None, facts: CallFacts | None, audio_out: Any
    ) -> tuple[AgentSession[Any], LivePersona]:
        """Build all that is not built; where something cannot be, the caller is told so in words.

        Raises:
            CannotStartError: a provider cannot be built.
        """
        try:
            await self._preparation.meet(facts)
            self._parts.opening.begin(self._preparation.ask)
            return await self._preparation.build(early=room is not None)
        except CannotStartError:
            self._parts.opening.stop()
            self._parts.outgoing.stop()
            await apologise(self._call, room, audio_out)
            await self._preparation.abandon()
            raise

    async def _begin(
        self, session: AgentSession[Any], first: LivePersona, room: rtc.Room | None, record: Any
    ) -> None:
        if room is not None:
            await self._parts.room.begin(session, first, room, record)
        elif self._call.channel == "voice":
            await session.start(first, record=record)
        else:
            await self._parts.turns.greet(
                lambda: session.start(first, capture_run=True, record=record)
            )
