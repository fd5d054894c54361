"""The one place where any number is dialled, and any caller passed on."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import PydanticCustomError

from runner.schema.types.call_targets import is_address, number_in
from runner.schema.types.phone_numbers import read_phone_number
from runner.serve.outgoing.never_called import ListUnreadableError, NeverCalled
from runner.serve.outgoing.outcome import Dialled, OutgoingCall
from runner.serve.outgoing.reasons import dialled
from runner.serve.outgoing.telephone import PassingOn, Ringing, Telephone
from runner.serve.socket.messages import Dial, PassOn

if TYPE_CHECKING:
    from runner.serve.log import Log
    from runner.serve.sessions.calls import CallInfo

_USUAL: Final = frozenset({"answered", "busy", "no_answer", "refused", "unreachable", "hung_up"})

_WHY: Final = 2.0
"""Seconds in which LiveKit says why somebody left who was rung."""


class Dialling:
    """Dials for sessions, whoever asks: the list of those who are never called is asked first.

    Args:
        never: the list.
        telephone: how it is dialled; None where text only is served.
        trunk: by which agents call that name none.
        log: is told of each.
    """

    def __init__(
        self, never: NeverCalled, telephone: Telephone | None, trunk: str | None, log: Log
    ) -> None:
        self._never, self._telephone, self._trunk, self._log = never, telephone, trunk, log
        self._ringing: dict[str, asyncio.Task[Dialled]] = {}
        self._left: set[asyncio.Task[Dialled]] = set()

    async def may_dial(self, number: str) -> bool:
        """Whether a number, such as +842412345678, is not on the list of those never called.

        Raises:
            ListUnreadableError: nobody can say so now.
        """
        return await self._never.may_dial(number)

    async def dial(self, session: CallInfo, ask: Dial, call: OutgoingCall | None) -> Dialled:
        """Dial a number for a session.

        Args:
            session: whose process asks.
            ask: whom, and how.
            call: what is begun by it; None: somebody is called into a call that is on.
        """
        number, refusal = await self._dialable(ask.to, address=call is None)
        if call is not None:
            call.number = number or call.number
        if refusal is None and not (ask.trunk or self._trunk):
            refusal = dialled("no_trunk")
        if refusal is None and (self._telephone is None or session.room is None):
            refusal = dialled("no_livekit")
        if refusal is not None or number is None:
            return self._told(session, call, refusal or dialled("no_number"))
        if call is not None:
            call.advance("dialing")
        return self._told(session, call, await self._ring(session, ask, number))

    async def pass_on(self, session: CallInfo, ask: PassOn) -> Dialled:
        """Pass the caller of a session on: the same list is asked as where a number is dialled."""
        to, refusal = await self._dialable(ask.to, address=True)
        if refusal is None and (self._telephone is None or session.room is None):
            refusal = dialled("no_livekit")
        if refusal is not None or to is None:
            return self._told(session, None, refusal or dialled("no_number"))
        assert self._telephone is not None and session.room is not None  # noqa: S101, PT018 - looked at above
        wish = PassingOn(to, session.room, ask.identity, ask.ring_for, ask.headers)
        passing = self._telephone.pass_on(wish)
        return self._told(session, None, await self._until_ended(session, ask.id, passing))

    def hang_up(self, session: CallInfo) -> None:
        """Ring nobody any more for a session that is over."""
        for ringing in self._of(session):
            ringing.cancel()

    def left(self, session: CallInfo) -> None:
        """Who is rung has left the room: where LiveKit does not say why soon, they hung up."""
        for ringing in self._of(session):
            self._left.add(ringing)
            ringing.add_done_callback(self._left.discard)
            asyncio.get_running_loop().call_later(_WHY, ringing.cancel)

    def _of(self, session: CallInfo) -> list[asyncio.Task[Dialled]]:
        begin = f"{session.id} "
        return [task for key, task in self._ringing.items() if key.startswith(begin)]

    async def _dialable(
        self, given: str, *, address: bool = False
    ) -> tuple[str | None, Dialled | None]:
        """The number, where it may be dialled; else why not.

        Args:
            given: the number, as it was given.
            address: whether a SIP address will do; the number in it is looked up as well.
        """
        if not given.strip():
            return None, dialled("no_number")
        if address and is_address(given.strip()):
            number = number_in(given)
            refusal = (await self._dialable(number))[1] if number is not None else None
            return given.strip(), refusal
        try:
            number = read_phone_number(given)
        except PydanticCustomError as error:
            return None, Dialled("bad_number", str((error.context or {})["message"]))
        try:
            if await self.may_dial(number):
                return number, None
        except ListUnreadableError as error:
            return number, dialled("no_list", str(error))
        return number, dialled("opted_out")

    async def _ring(self, session: CallInfo, ask: Dial, number: str) -> Dialled:
        assert self._telephone is not None and session.room is not None  # noqa: S101, PT018 - `dial` has looked
        wish = Ringing(
            number,
            ask.room or session.room,
            ask.identity,
            ask.trunk or self._trunk or "",
            ask.caller_id,
            ask.ring_for,
            ask.keys,
            ask.headers,
        )
        return await self._until_ended(session, ask.id, self._telephone.dial(wish))

    async def _until_ended(
        self, session: CallInfo, number: int, work: Coroutine[Any, Any, Dialled]
    ) -> Dialled:
        """Ring as long as the session goes on."""
        ringing = asyncio.ensure_future(work)
        key = f"{session.id} {number}"
        self._ringing[key] = ringing
        try:
            return await ringing
        except asyncio.CancelledError:
            if ringing in self._left:
                return dialled("hung_up")
            if session.ended is None:
                raise
            return dialled("cancelled")
        finally:
            del self._ringing[key]

    def _told(self, session: CallInfo, call: OutgoingCall | None, result: Dialled) -> Dialled:
        if call is not None:
            call.dialled = result
            if result.answered:
                call.advance("answered")
        level = "info" if result.reason in _USUAL else "warning"
        self._log.event(
            "dialled",
            f"{session.agent}: a number was dialled: {result.words or result.reason}",
            level=level,
            session=session.id,
            agent=session.agent,
            reason=result.reason,
            sip_status=result.sip,
        )
        return result
