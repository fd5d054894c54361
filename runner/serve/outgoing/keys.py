"""Keys of orders: the same order, given again with its key, is one call.

They are kept in the database of records, so that they hold when the runner starts again, and for
several runners on one database. Like a campaign's call, each has a lease that its runner renews.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from runner.front.calls_port import Order
from runner.front.port import DialogueError
from runner.records.database import DatabaseError
from runner.serve.outgoing.checks import number_of
from runner.serve.outgoing.outcome import Outcome, OutgoingCall
from runner.serve.outgoing.reasons import WORDS
from runner.serve.tasks import Tasks

if TYPE_CHECKING:
    from runner.records.database import Database
    from runner.records.orders import Ordered
    from runner.serve.records.place import Place

T = TypeVar("T")

LEASE: Final = 60.0
"""Seconds after which a runner without a word is taken for dead."""

_RENEWAL: Final = 15.0
_AGAIN: Final = 1.0
_LAST: Final = 5.0
"""Seconds in which the runner, when it ends, writes what came of its calls."""

_LOST: Final = "lost"


class OrderKeys:
    """Takes keys for orders, and keeps what came of them.

    Args:
        place: where the database is.
        now: seconds since 1970.
    """

    def __init__(self, place: Place, now: Callable[[], float] = time.time) -> None:
        self._place, self._now = place, now
        self._runner = secrets.token_hex(8)
        self._on: dict[str, OutgoingCall] = {}
        self._ends, self._keeping = Tasks(), Tasks()

    async def known(self, order: Order) -> OutgoingCall | None:
        """The call that was ordered with the key of this order before.

        Raises:
            DialogueError: it was another order (`key_reused`), or nobody can say so now.
        """
        from runner.records import orders

        key = order.key
        if key is None or not self._place.begun():
            return None
        before = await self._ask(lambda database: orders.known(database, key, self._now()))
        return self._same(before, order) if before is not None else None

    async def take(self, call: OutgoingCall) -> OutgoingCall | None:
        """Take the key of a call, before it is made; another call: it has just been taken for that.

        Raises:
            DialogueError: it was taken for another order, or cannot be taken now.
        """
        from runner.records import orders

        order, now = call.order, self._now()
        if order.key is None:
            return None
        taken = orders.Ordered(
            order.key, _digest(order), call.id, order.agent, now, self._runner, now + LEASE
        )
        before = await self._ask(lambda database: orders.begin(database, taken))
        if before is not None:
            return self._same(before, order)
        if not self._on:
            self._keeping.spawn(self._keep())
        self._on[order.key] = call
        return None

    async def of_call(self, call_id: str) -> OutgoingCall | None:
        """The call of an id, of whichever runner, where it was ordered with a key.

        Raises:
            DialogueError: nobody can say so now.
        """
        from runner.records import orders

        if not self._place.begun():
            return None
        kept = await self._ask(lambda database: orders.of_call(database, call_id))
        return self._again(kept, Order(kept.agent)) if kept is not None else None

    async def free(self, call: OutgoingCall) -> None:
        """Nobody was called: the key may be used again, where the database takes that."""
        from runner.records import orders

        with contextlib.suppress(DialogueError):
            await self._ask(lambda database: orders.forget(database, call.id))
            self._on.pop(call.order.key or "", None)

    def ended(self, call: OutgoingCall) -> None:
        """Keep what came of a call."""
        outcome, ended = call.outcome, call.ended
        if outcome is None or ended is None or call.order.key is None:
            return
        if self._on.pop(call.order.key, None) is not None:
            self._ends.spawn(self._end(call.id, asdict(outcome), ended.timestamp()))

    async def stop(self) -> None:
        """Write what is to be written yet."""
        await self._keeping.cancel()
        try:
            async with asyncio.timeout(_LAST):
                await self._ends.finished()
        except TimeoutError:
            await self._ends.cancel()

    async def _end(self, call_id: str, outcome: dict[str, Any], when: float) -> None:
        from runner.records import orders

        await self._surely(lambda database: orders.end(database, call_id, outcome, when))

    async def _keep(self) -> None:
        from runner.records import orders

        while self._on:
            await asyncio.sleep(_RENEWAL)
            states = {key: str(call.state) for key, call in self._on.items()}
            until = self._now() + LEASE
            await self._surely(lambda database: orders.renew(database, states, until))  # noqa: B023 - it is over before the next turn

    def _same(self, kept: Ordered, order: Order) -> OutgoingCall:
        if kept.digest != _digest(order):
            raise DialogueError(
                "key_reused",
                "another call was ordered with this Idempotency-Key",
                "give each call a key of its own",
            )
        return self._again(kept, order)

    def _again(self, kept: Ordered, order: Order) -> OutgoingCall:
        """The call as far as it is known: this runner's own, or as the database has it."""
        own = self._on.get(kept.key)
        if own is not None:
            return own
        began = datetime.fromtimestamp(kept.began, UTC)
        number = number_of(order.to) if order.to is not None else None
        call = OutgoingCall(kept.call, order, number, began=began)
        if kept.outcome:
            call.ended_before(Outcome(**kept.outcome), kept.ended or kept.began)
        elif kept.lease < self._now():
            outcome = Outcome("unsure", _LOST, WORDS[_LOST])
            call.ended_before(outcome, kept.lease)
        else:
            call.state = kept.state  # type: ignore[assignment]  # one of them was written
        return call

    async def _ask(self, ask: Callable[[Database], T]) -> T:
        try:
            return await asyncio.to_thread(lambda: ask(self._place.database()))
        except DatabaseError as error:
            words = f"whether this Idempotency-Key was used cannot be known now: {error}"
            raise DialogueError("records_unavailable", words, error.help) from None

    async def _surely(self, do: Callable[[Database], None]) -> None:
        """Write it, as often as it takes."""
        while True:
            try:
                await asyncio.to_thread(lambda: do(self._place.database()))
            except DatabaseError:
                await asyncio.sleep(_AGAIN)
            else:
                return


def _digest(order: Order) -> str:
    """Tells one order from another; what was ordered cannot be read from it."""
    whole = [order.agent, order.to, order.metadata, dict(order.variables)]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
