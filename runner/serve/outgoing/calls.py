"""The calls that agents make: ordered, dialled, and seen to their end.

Every number that lkrun dials passes `runner.serve.outgoing.dialling`, whoever asks for it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from runner.front.calls_port import Order
from runner.front.port import DialogueError
from runner.serve.outgoing.checks import OrderChecks, number_of
from runner.serve.outgoing.dialling import Dialling
from runner.serve.outgoing.keys import OrderKeys
from runner.serve.outgoing.never_called import ListUnreadableError, NeverCalled
from runner.serve.outgoing.outcome import Dialled, Outcome, OutgoingCall
from runner.serve.outgoing.places import Places
from runner.serve.outgoing.reasons import REACHED, WORDS, dialled
from runner.serve.outgoing.telephone import LiveKitTelephone, Telephone
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


class OutgoingCalls:
    """Has agents call people, and dials for their processes.

    Args:
        releases: what is served.
        calls: those that are on.
        admission: who may call now.
        never: the list of those who are never called.
        keys: those that calls were ordered with.
        log: is told of each.
        refusal: why LiveKit can send an agent no call just now, or None.
        livekit: the server; None where text only is served.
        places: makes rooms, instead of LiveKit.
        telephone: dials, instead of LiveKit.
        trunk: by which agents call that name none.

    Attributes:
        ended: agent and who answered, and why it ended → how often.
        on_end: told each call that is over.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts that it needs, by name
        self,
        releases: Releases,
        calls: Calls,
        admission: Admission,
        never: NeverCalled,
        keys: OrderKeys,
        log: Log,
        *,
        refusal: Callable[[str], DialogueError | None],
        livekit: LiveKit | None = None,
        places: Places | None = None,
        telephone: Telephone | None = None,
        trunk: str | None = None,
    ) -> None:
        self._admission, self._places, self._keys = admission, places, keys
        if livekit is not None:
            self._places = places or Places(livekit)
            telephone = telephone or LiveKitTelephone(livekit)
        self._dialling = Dialling(never, telephone, trunk, log)
        there = self._places is not None
        self._checks = OrderChecks(releases, admission, refusal, trunk, livekit=there)
        self._on: dict[str, OutgoingCall] = {}
        self._past: OrderedDict[str, tuple[float, OutgoingCall]] = OrderedDict()
        self._sessions: dict[str, OutgoingCall] = {}
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
            known = await self._keys.known(order)
            if known is not None:
                return self.get(known.id) or known
            places = self._check(order)
            number = number_of(order.to) if order.to is not None else None
            if number is not None:
                await self._may_order(number)
            call = OutgoingCall(f"call_{secrets.token_hex(8)}", order, number)
            known = await self._keys.take(call)
            if known is not None:
                return known
            self._on[call.id] = call
        try:
            await places.call_in(call)
        except DialogueError as error:
            await self._keys.free(call)
            self._end(call, error.code, error.message)
            raise
        self._tasks.spawn(self._not_taken(call))
        return call

    def get(self, call_id: str) -> OutgoingCall | None:
        """One of them by its own id or that of its session, for an hour after its end."""
        known = self._on.get(call_id) or self._sessions.get(call_id)
        if known is not None:
            return known
        self._forget_old()
        kept = self._past.get(call_id)
        return kept[1] if kept is not None else None

    async def found(self, call_id: str) -> OutgoingCall | None:
        """One of them as `get` has it, or one that was ordered with a key within a day.

        Raises:
            DialogueError: nobody can say so now.
        """
        return self.get(call_id) or await self._keys.of_call(call_id)

    def all(self) -> list[OutgoingCall]:
        """Those that are not over."""
        return list(self._on.values())

    async def may_dial(self, number: str) -> bool:
        """As `Dialling.may_dial`."""
        return await self._dialling.may_dial(number)

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
            result = await self._dialling.pass_on(call, message)
        else:
            result = await self.dial(call, message)
        reached = result.answered or result.reason in REACHED
        peer.send(DialEnded(message.id, result.reason, result.words, reached, result.sip))

    async def dial(self, session: CallInfo, ask: Dial) -> Dialled:
        """Dial for a session; where it does not call for somebody else, its own call begins."""
        call = self._of(session) if ask.purpose == "call" else None
        return await self._dialling.dial(session, ask, call)

    def progress(self, session: CallInfo, message: Progress) -> None:
        """Note how far a call has come, as its process sees it."""
        call = self._sessions.get(session.id)
        if call is None:
            return
        if message.answered_by is not None:
            call.answered_by = message.answered_by
        if message.state is not None:
            call.advance(message.state)
        if message.left:
            self._dialling.left(session)

    async def stop(self) -> None:
        """Dial no more."""
        await self._tasks.cancel()
        await self._keys.stop()

    # orders

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

    # the end

    def _session_ended(self, session: CallInfo) -> None:
        call = self._sessions.pop(session.id, None)
        self._dialling.hang_up(session)
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
        self._keys.ended(call)
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
