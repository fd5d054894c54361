"""How a call begins in a LiveKit room."""

from __future__ import annotations

from typing import Any

from livekit import rtc
from livekit.agents import AgentSession

from runner.session.call import Call
from runner.session.observers.app import CallersApp
from runner.session.observers.arrival import hold_until_heard
from runner.session.observers.by_hand import TurnsByHand
from runner.session.observers.departure import Departure
from runner.session.observers.tones import Tones
from runner.session.personas.persona import LivePersona
from runner.session.settings.room import room_options
from runner.session.speech.avatar import Avatar
from runner.session.speech.background import Background
from runner.session.written import WrittenWords


class RoomSession:
    """Begins LiveKit's session in a room, with those who look after the room.

    Attributes:
        avatar: speaks for the agent, where it has one.

    Args:
        call: the call.
        departure: sees the caller leave.
        by_hand: the button of `detection: manual`.
        written: takes what the caller writes.
        app: the caller's app.

    Attributes:
        background: what is heard behind the agent's voice.
    """

    def __init__(
        self,
        call: Call,
        departure: Departure,
        *,
        by_hand: TurnsByHand,
        written: WrittenWords,
        app: CallersApp,
    ) -> None:
        """Begin nothing yet."""
        self._call, self._departure = call, departure
        self._by_hand, self._written, self._app = by_hand, written, app
        self.avatar = Avatar(call)
        self.background = Background(call)

    async def begin(
        self, session: AgentSession[Any], first: LivePersona, room: rtc.Room, record: Any
    ) -> None:
        """Begin the session in a room that is connected.

        Args:
            session: LiveKit's session.
            first: the persona that greets.
            room: the room.
            record: as `AgentSession.start` has it.
        """
        call, only = self._call, self._whom()
        options = room_options(
            call.bound.release.agent,
            identity=only,
            text_input=self._written.take,
            provider=call.bound.models.get,
        )
        if await self.avatar.begin(session, room):
            options.audio_output = False
        if not call.outgoing.pending:
            hold_until_heard(session, room)
        self._departure.watch(room, only or None)
        Tones(call, self._departure.who).listen(room)
        self._app.register(room, self._departure.who)
        if call.channel == "voice":
            self._by_hand.register(room.local_participant, only=only or None)
        await session.start(first, room=room, room_options=options, record=record)
        if only and options.text_input:
            self._written.register(room, session, only=only)
        await self.background.begin(room, session)

    def _whom(self) -> str:
        """Identity of the only participant that the agent talks with; empty: whoever is there."""
        bound = self._call.bound
        room = bound.release.agent.room
        identity = room.identity if room is not None else None
        named = bound.renderer.text(identity).strip() if identity else ""
        return named or bound.context.facts.caller.identity or ""
