"""Who works in a call, and who of them needs whom."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from runner.session.call import Call
from runner.session.ending import Ending
from runner.session.from_outside import FromOutside
from runner.session.in_room import RoomSession
from runner.session.lifecycle.before_call import Opening
from runner.session.lifecycle.outgoing import Outgoing
from runner.session.next_turn import Renewal
from runner.session.observers.app import CallersApp, Elsewhere
from runner.session.observers.departure import Departure
from runner.session.observers.failures import Failures, OnFailure
from runner.session.observers.timers import CallTimers
from runner.session.observers.transcript import SessionListener
from runner.session.settings.session import idle_of
from runner.session.tasks.keys import PressedKeys
from runner.session.tasks.language import SpokenLanguage
from runner.session.tasks.needs import Needs
from runner.session.text_turns import TextTurns
from runner.session.written import WrittenWords


@dataclass(frozen=True, slots=True)
class CallParts:
    """All who work in one call beside its personas.

    Attributes:
        language: which language is spoken.
        opening: does what is done before the first words.
        outgoing: dials, where the agent makes the call.
        ending: ends the call.
        timers: ask who is silent, and end what lasts too long.
        failures: tells the caller what has failed.
        listener: tells what happens in LiveKit's session.
        renewal: takes other releases.
        written: answers what is written in a room.
        app: the caller's app.
        room: begins the session in a room.
        turns: has the turns by text.
        outside: does what others ask for.
    """

    language: SpokenLanguage
    opening: Opening
    outgoing: Outgoing
    ending: Ending
    timers: CallTimers
    failures: Failures
    listener: SessionListener
    renewal: Renewal
    written: WrittenWords
    app: CallersApp
    room: RoomSession
    turns: TextTurns
    outside: FromOutside

    @classmethod
    def of(
        cls,
        call: Call,
        queue: asyncio.Lock,
        *,
        on_failure: OnFailure,
        on_text: Callable[[str], None] | None,
        app: Elsewhere | None,
    ) -> Self:
        """Make them, those first that the others need. An event loop must be running.

        Args:
            call: the call.
            queue: held while what the caller writes is answered.
            on_failure: told why an answer failed and which part did, for the owner.
            on_text: by text, told each piece of what the agent says as it comes.
            app: answers for the caller's app where there is no room.
        """
        ending = Ending(call)
        timers = CallTimers(call, idle_of(call), call.bound.release.agent.limits)
        failures = Failures(call, on_failure)
        call.finish, call.hold, call.give_up = ending.in_order, timers.hold, failures.gave_up
        call.needs = Needs(call)
        call.tongue = language = SpokenLanguage(call)
        call.opening = opening = Opening(call)
        call.outgoing = outgoing = Outgoing(call)
        listener = SessionListener(call, timers, failures)
        departure = Departure(call, ending.left)
        call.keys = PressedKeys(call, listener.there, listener.expects, failures.unexpected)
        renewal = Renewal(call, timers, queue)
        written = WrittenWords(call, queue, listener.warm_up.end, listener.noted)
        call.app = callers_app = CallersApp(call, listener.there, failures.unexpected, app)
        room = RoomSession(
            call, departure, by_hand=listener.by_hand, written=written, app=callers_app
        )
        turns = TextTurns(
            call, queue, listener=listener, failures=failures, ending=ending, on_text=on_text
        )
        ending.stops(
            timers.stop, departure.stop, renewal.stop, call.keys.stop, callers_app.stop,
            written.stop,
        )  # fmt: skip
        outside = FromOutside(call, queue, turns, failures.unexpected)
        ending.stops(room.avatar.stop, outside.stop)
        ending.waits_for(renewal.closed, room.background.end, call.recording.close)
        return cls(
            language, opening, outgoing, ending, timers, failures, listener, renewal, written,
            callers_app, room, turns, outside,
        )  # fmt: skip
