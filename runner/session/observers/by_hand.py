"""`detection: manual`: a button in the caller's app says when they speak (push to talk)."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any, Final

from livekit import rtc

from runner.session.call import Call
from runner.session.observers.overheard import Overheard
from runner.session.observers.warm_up import WarmUp

log = logging.getLogger("lkrun")

LAST_SOUND: Final = 0.3
"""Seconds that the caller is heard for after the button: their voice is later than its message."""

_LAST_WORDS: Final = 5.0
"""Seconds that STT may take for the last words."""

_DONE: Final = "{}"
_NOT_NOW: Final = "turns are not told by hand now"
_SOMEBODY_ELSE: Final = "the agent talks with somebody else"


class TurnsByHand:
    """The methods `start_turn`, `end_turn` and `cancel_turn` of a call.

    Args:
        call: the call, by voice in a room.
        overheard: what the caller says while nothing can answer it.
        warm_up: who presses a button is heard without an echo.
    """

    def __init__(self, call: Call, overheard: Overheard, warm_up: WarmUp) -> None:
        """Nobody presses anything."""
        self._call, self._overheard, self._warm_up = call, overheard, warm_up
        self._only: str | None = None
        self._presses = 0

    def register(self, participant: rtc.LocalParticipant, *, only: str | None = None) -> None:
        """Offer the methods in a room.

        Args:
            participant: the agent's.
            only: the participant whose button counts; without it whoever presses it is heard.
        """
        self._only = only
        self._call.listeners.append(self.follow)
        for name in ("start_turn", "end_turn", "cancel_turn"):
            participant.register_rpc_method(name, getattr(self, name))

    @property
    def manual(self) -> bool:
        """Whether the persona that speaks goes by the button."""
        call = self._call
        own: Any = call.persona.turns
        return bool(own.get("turn_detection", call.session.turn_detection) == "manual")

    def follow(self) -> None:
        """Hear as the persona that speaks has it: only while the button is down, or always."""
        heard = self._call.session.input
        if heard.audio is not None and not self._overheard.holding:
            heard.set_audio_enabled(not self.manual)

    async def start_turn(self, data: rtc.RpcInvocationData) -> str:
        """The button is down: stop speaking, and listen."""
        self._check(data.caller_identity)
        self._presses += 1
        session = self._call.session
        self._overheard.holding = True
        self._warm_up.end()
        with suppress(RuntimeError):  # what is said cannot be interrupted
            session.interrupt()
        session.clear_user_turn()
        with suppress(RuntimeError):  # there is no room: somebody else gives the sound
            session.room_io.set_participant(data.caller_identity)
        session.input.set_audio_enabled(True)
        return _DONE

    async def end_turn(self, data: rtc.RpcInvocationData) -> str:
        """The button is up: answer what was said, to its last word."""
        self._check(data.caller_identity)
        press = self._presses
        if self._overheard.holding:
            await self._last_sound()
            if press == self._presses:
                await self._commit()
        return _DONE

    async def cancel_turn(self, data: rtc.RpcInvocationData) -> str:
        """Forget what was said since the button went down."""
        self._check(data.caller_identity)
        self._presses += 1
        self._overheard.holding = False
        self._overheard.forget()
        self._call.session.input.set_audio_enabled(False)
        self._call.session.clear_user_turn()
        return _DONE

    async def _last_sound(self) -> None:
        heard = asyncio.Event()
        self._call.clock.later(LAST_SOUND, heard.set)
        await heard.wait()

    async def _commit(self) -> None:
        session = self._call.session
        session.input.set_audio_enabled(False)
        with suppress(RuntimeError):  # the call is ending
            committed = session.commit_user_turn(transcript_timeout=_LAST_WORDS)
            committed.add_done_callback(lambda _: self._committed())

    def _committed(self) -> None:
        self._overheard.holding = False
        self._overheard.settle()

    def _check(self, identity: str) -> None:
        """Refuse a button that does not count now.

        Raises:
            RpcError: why, for the app.
        """
        if self._call.over or not self.manual:
            raise _refused(_NOT_NOW)
        if self._only is not None and identity != self._only:
            raise _refused(_SOMEBODY_ELSE)


def _refused(why: str) -> rtc.RpcError:
    log.warning("a turn that the caller's app told of is not taken: %s", why)
    return rtc.RpcError(rtc.RpcError.ErrorCode.APPLICATION_ERROR, why)
