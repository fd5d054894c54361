"""The calls that agents make: ordered, dialled, and seen to their end.

Every number that lkrun dials passes `OutgoingCalls.dial`, whoever asks for it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import PydanticCustomError

from runner.front.calls_port import Order
from runner.front.port import DialogueError
from runner.schema.types.call_targets import is_address, number_in
from runner.schema.types.phone_numbers import read_phone_number
from runner.serve.outgoing.checks import OrderChecks, number_of
from runner.serve.outgoing.never_called import ListUnreadableError, NeverCalled
from runner.serve.outgoing.outcome import Dialled, Outcome, OutgoingCall
from runner.serve.outgoing.places import Places
from runner.serve.outgoing.reasons import REACHED, WORDS, dialled
from runner.serve.outgoing.telephone import LiveKitTelephone, PassingOn, Ringing, Telephone
from runner.serve.socket.messages import Dial, DialEnded, PassOn, Progress
from runner.serve.tasks import Tasks

if TYPE_CHECKING:
    from runner.serve.credentials import LiveKit
    from runner.serve.log import Log
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.admission import Admission
    from runner.serve.sessions.calls import CallInfo, Calls
    from runner.serve.socket.peer import Peer

TRUNK: Final = "LIVEKIT_SIP_OUTBOUND_TRUNK"
"""The variable that names the trunk of agents that name none."""

_TAKEN: Final = 30.0
"""Seconds in which a process must have taken a call that was ordered."""

_HOUR: Final = 3600.0
"""Seconds for which a call can be read after its end."""

_MOST: Final = 10_000
_DAY: Final = 86_400.0
"""Seconds for which a key of an order is known."""


class OutgoingCalls:
    """Has agents call people, and dials for their processes.

    Args:
        releases: what is served.
        calls: those that are on.
        admission: who may call now.
        never: the list of those who are never called.
        log: is told of each.
        registered: whether LiveKit knows an agent just now.
        livekit: the server; None where text only is served.
        places: makes rooms, instead of LiveKit.
        telephone: dials, instead of LiveKit.
        trunk: by which agents call that name none.

    Attributes:
        ended: agent and who answered, and why it ended → how often.
        on_end: told each call that is over.
    """

    def __init__(  # noqa: PLR0913 - the parts that it needs, by name
        self,
        releases: Releases,
        calls: Calls,
        admission: Admission,
        never: NeverCalled,
        log: Log,
        *,
        registered: Callable[[str], bool],
        livekit: LiveKit | None = None,
        places: Places | None = None,
        telephone: Telephone | None = None,
        trunk: str | None = None,
    ) -> None:
        self._admission, self._never, self._log = admission, never, log
        self._trunk = trunk
        self._places, self._telephone = places, telephone
        if livekit is not None:
            self._places = places or Places(livekit)
            self._telephone = telephone or LiveKitTelephone(livekit)
        there = self._places is not None
        self._checks = OrderChecks(releases, admission, registered, trunk, livekit=there)
        self._on: dict[str, OutgoingCall] = {}
        self._past: OrderedDict[str, tuple[float, OutgoingCall]] = OrderedDict()
        self._keys: OrderedDict[str, tuple[float, Order, OutgoingCall]] = OrderedDict()
        self._sessions: dict[str, OutgoingCall] = {}
        self._dialling: dict[str, asyncio.Task[Dialled]] = {}
        self._in_order = asyncio.Lock()
        self._tasks = Tasks()
        self.ended: Counter[tuple[str, str, str]] = Counter()
        self.on_end: list[Callable[[OutgoingCall], None]] = []
        calls.on_end.append(self._session_ended)

    async def place(self, order: Order) -> OutgoingCall:
        """Have an agent call somebody. An order that was given before with its key is that call.

        Raises:
            DialogueError: it cannot be done now, or must not: `opted_out`, `full`, ….
        """
        async with self._in_order:
            known = self._known(order)
            if known is not None:
                return known
            places = self._check(order)
            number = number_of(order.to) if order.to is not None else None
            if number is not None:
                await self._may_order(number)
            call = OutgoingCall(f"call_{secrets.token_hex(8)}", order, number)
            self._on[call.id] = call
            if order.key is not None:
                self._keys[order.key] = (time.monotonic(), order, call)
        try:
            await places.call_in(call)
        except DialogueError as error:
            self._forget_key(order)
            self._end(call, error.code, error.message)
            raise
        self._tasks.spawn(self._not_taken(call))
        return call

    async def may_dial(self, number: str) -> bool:
        """Whether a number, such as +842412345678, is not on the list of those never called.

        Raises:
            ListUnreadableError: nobody can say so now.
        """
        return await self._never.may_dial(number)

    def get(self, call_id: str) -> OutgoingCall | None:
        """One of them by its own id or that of its session, for an hour after its end."""
        known = self._on.get(call_id) or self._sessions.get(call_id)
        if known is not None:
            return known
        self._forget_old()
        kept = self._past.get(call_id)
        return kept[1] if kept is not None else None

    def all(self) -> list[OutgoingCall]:
        """Those that are not over."""
        return list(self._on.values())

    # what processes of calls ask

    def ordered(self, mark: str) -> OutgoingCall | None:
        """The order that a dispatch is marked with; None: not of this runner, or it is over."""
        order = self._places.order_in(mark) if self._places is not None else None
        call = self._on.get(order) if order is not None else None
        return call if call is not None and call.session is None else None

    def taken(self, call: OutgoingCall, session: CallInfo) -> None:
        """A process takes a call that was ordered here."""
        call.session, session.order = session.id, call.order
        self._sessions[session.id] = call

    async def answer(self, peer: Peer, message: Dial | PassOn, call: CallInfo | None) -> None:
        """Dial for the process that asks."""
        if call is None:
            result = dialled("cancelled")
        elif isinstance(message, PassOn):
            result = await self.pass_on(call, message)
        else:
            result = await self.dial(call, message)
        reached = result.answered or result.reason in REACHED
        peer.send(DialEnded(message.id, result.reason, result.words, reached, result.sip))

    async def dial(self, session: CallInfo, ask: Dial) -> Dialled:
        """Dial a number for a call: the one place where any number is dialled.

        The list of those who are never called is asked first.
        """
        call = self._of(session) if ask.purpose == "call" else None
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

    def progress(self, session: CallInfo, message: Progress) -> None:
        """Note how far a call has come, as its process sees it."""
        call = self._sessions.get(session.id)
        if call is None:
            return
        if message.answered_by is not None:
            call.answered_by = message.answered_by
        if message.state is not None:
            call.advance(message.state)

    async def stop(self) -> None:
        """Dial no more."""
        await self._tasks.cancel()

    # orders

    def _known(self, order: Order) -> OutgoingCall | None:
        if order.key is None:
            return None
        now = time.monotonic()
        while self._keys and next(iter(self._keys.values()))[0] < now - _DAY:
            self._keys.popitem(last=False)
        _, before, call = self._keys.get(order.key, (0.0, None, None))
        if before is not None and before != order:
            raise DialogueError(
                "key_reused",
                "another call was ordered with this Idempotency-Key",
                "give each call a key of its own",
            )
        return call

    def _forget_key(self, order: Order) -> None:
        if order.key is not None:
            self._keys.pop(order.key, None)

    def _check(self, order: Order) -> Places:
        """Whether the order can be done now at all.

        Raises:
            DialogueError: it cannot.
        """
        self._checks.check(order)
        full = self._full(order.agent)
        if full is not None:
            raise DialogueError("full", full, "try again when one of them has ended")
        assert self._places is not None  # noqa: S101 - there is LiveKit: it was looked at
        return self._places

    def _full(self, agent: str) -> str | None:
        """Whose calls are as many as they may be, those on their way included."""
        waiting = Counter(c.order.agent for c in self._on.values() if c.session is None)
        return self._admission.why_full(agent, waiting[agent], waiting.total())

    async def _may_order(self, number: str) -> None:
        try:
            if await self.may_dial(number):
                return
        except ListUnreadableError as error:
            words = f"{WORDS['no_list']}: {error}"
            raise DialogueError("records_unavailable", words) from None
        hint = f"take it off with: lkrun optout remove {number}"
        raise DialogueError("opted_out", f"{number} is never to be called", hint)

    async def _not_taken(self, call: OutgoingCall) -> None:
        await asyncio.sleep(_TAKEN)
        if call.session is None and call.outcome is None:
            self._end(call, "not_taken", WORDS["not_taken"])
            if self._places is not None:
                await self._places.close(call)

    # dialling

    def _of(self, session: CallInfo) -> OutgoingCall:
        """The call of a session; of one that somebody dispatched elsewhere, a new one."""
        call = self._sessions.get(session.id)
        if call is None:
            call = OutgoingCall(session.id, Order(session.agent), session=session.id)
            self._on[call.id] = self._sessions[session.id] = call
        return call

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
        self._dialling[key] = ringing
        try:
            return await ringing
        except asyncio.CancelledError:
            if session.ended is None:
                raise
            return dialled("cancelled")
        finally:
            del self._dialling[key]

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

    # the end

    def _session_ended(self, session: CallInfo) -> None:
        call = self._sessions.pop(session.id, None)
        for key, ringing in list(self._dialling.items()):
            if key.startswith(f"{session.id} "):
                ringing.cancel()
        if call is None:
            return
        answered = call.dialled is not None and call.dialled.answered
        self._end(call, session.reason or "crashed" if answered or call.dialled else "cancelled")
        if not answered and self._places is not None and session.room is not None:
            # who is still being rung is not to find an empty room, nor another agent
            self._tasks.spawn(self._places.close_room(session.room))

    def _end(self, call: OutgoingCall, reason: str, words: str = "") -> None:
        self._on.pop(call.id, None)
        if call.outcome is not None:
            return
        call.end(reason, words or WORDS.get(reason, ""))
        outcome: Outcome = call.outcome  # type: ignore[assignment]  # `end` has set it
        self.ended[call.order.agent, outcome.answered_by, outcome.reason] += 1
        self._past[call.id] = (time.monotonic(), call)
        self._forget_old()
        for listener in self.on_end:
            listener(call)

    def _forget_old(self) -> None:
        old = time.monotonic() - _HOUR
        while self._past and (len(self._past) > _MOST or next(iter(self._past.values()))[0] < old):
            self._past.popitem(last=False)


_USUAL: Final = frozenset({"answered", "busy", "no_answer", "refused", "unreachable", "hung_up"})
