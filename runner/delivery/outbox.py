"""Sees to it that what is to be sent arrives: tries again and again, over restarts."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Final

from runner.delivery.couriers import Couriers, NotDeliveredError, shown
from runner.delivery.events import event_parcel
from runner.delivery.letters import JOB, Letter
from runner.delivery.plan import Parcel, Planned, message_id
from runner.delivery.spool import Delivery, QueuedEvent, Spool, State, written
from runner.egress.report import CallReport
from runner.link.release import AgentRelease

AT_ONCE: Final = 32
"""Deliveries on their way at the same time."""

ATTEMPTS: Final = 40
"""Attempts of one: the better part of a day, since each waits longer than the one before."""

_FIRST, _LONGEST = 1.0, 1800.0
"""Seconds between attempts, at first and at most."""

_DAY: Final = 86_400.0

OnState = Callable[[Delivery, State, str], None]
"""Hears what came of an attempt, and why it failed."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long is waited between attempts, and how often is tried.

    Attributes:
        first, longest: seconds.
    """

    first: float = _FIRST
    longest: float = _LONGEST
    attempts: int = ATTEMPTS

    def after(self, attempt: int) -> float:
        """Seconds after the attempt of a number, from 1."""
        most: float = min(self.longest, self.first * 2 ** min(attempt - 1, 30))
        return random.uniform(most / 2, most)  # noqa: S311 - it spreads attempts, no more


class Outbox:
    """Takes reports of calls, and sends what their agents want sent.

    Args:
        spool: keeps it.
        couriers: bring it.
        on_state: hears what came of each attempt.
        waits: between attempts.
    """

    def __init__(
        self,
        spool: Spool,
        couriers: Couriers,
        on_state: OnState = lambda _delivery, _state, _error: None,
        waits: Waits | None = None,
    ) -> None:
        self._spool, self._couriers, self._on_state = spool, couriers, on_state
        self._waits = waits or Waits()
        self._on: dict[str, asyncio.Task[None]] = {}
        self._looking = asyncio.Lock()
        self._next_forgetting = 0.0

    async def note(self, release: AgentRelease, report: CallReport) -> None:
        """Keep what is known of a call that goes on, or is over."""
        content = (release.digest, release.to_json())
        await asyncio.to_thread(
            self._spool.note, report.session, release.name, content, written(report.to_data())
        )

    async def finish(self, session: str, ended_by: str = "crashed") -> None:
        """A call is over: send what is to be sent of it, by the last that is known of it."""
        if await asyncio.to_thread(self._finish, session, ended_by):
            await self.look()

    def _finish(self, session: str, ended_by: str) -> bool:
        kept = self._spool.call(session)
        if kept is None:
            return False
        release, report = _release(kept[0]), CallReport.from_data(json.loads(kept[1]))
        if not report.ended_by:
            report = _broken_off(report, ended_by)
        planned, sends = Planned(release, report), {}
        for place, _ in planned.sends():
            parcel = planned.parcel(place)
            if parcel is not None:
                sends[place] = (message_id(session, place), *shown(parcel))
        return self._spool.finish(session, written(report.to_data()), sends)

    async def put(self, release: AgentRelease, session: str, events: Sequence[QueuedEvent]) -> None:
        """Keep what addresses are told of a call that goes on, and begin to send it."""
        content = (release.digest, release.to_json())
        await asyncio.to_thread(self._spool.put, session, release.name, content, events)
        await self.look()

    async def put_letter(self, letter: Letter) -> None:
        """Keep a message about a job, and begin to send it, unless it was sent already."""
        await asyncio.to_thread(self._spool.put_letter, letter)
        if letter.state == "waiting":
            await self.look()

    async def listed(self, most: int = 200) -> list[Delivery]:
        """All deliveries that are known, the newest first."""
        return await asyncio.to_thread(self._spool.all, most)

    async def get(self, name: str) -> Delivery | None:
        """One of them."""
        return await asyncio.to_thread(self._spool.get, name)

    async def replay(self, name: str) -> bool:
        """Try one again that was given up; whether there is such a one."""
        done = await asyncio.to_thread(self._spool.replay, name)
        await self.look()
        return done

    async def adopt(self) -> None:
        """Go on with what runners have left that are no more; once a day, forget what is old."""
        if time.monotonic() >= self._next_forgetting:
            self._next_forgetting = time.monotonic() + _DAY
            await asyncio.to_thread(self._spool.forget)
        for session in await asyncio.to_thread(self._spool.adopt):
            await self.finish(session)

    async def look(self) -> bool:
        """Begin with all that is due; whether anything was."""
        async with self._looking:
            # what is read as due may have arrived, and be no more on its way, once it is read
            known = set(self._on)
            due = await asyncio.to_thread(self._spool.due, time.time(), AT_ONCE)
            for delivery in due:
                if delivery.id not in known and len(self._on) < AT_ONCE:
                    task = asyncio.get_running_loop().create_task(self._try(delivery))
                    self._on[delivery.id] = task
                    task.add_done_callback(partial(self._done, delivery.id))
        return bool(due)

    def _done(self, name: str, _: asyncio.Task[None]) -> None:
        self._on.pop(name, None)

    async def _next(self, delivery: Delivery) -> None:
        """Begin with what comes after something, where that was in its way."""
        if delivery.series:
            self._on.pop(delivery.id, None)
            await self.look()

    async def settle(self) -> None:
        """Wait until nothing is due any more: all of it was tried."""
        # what was due may have been on its way still when that was asked, and be so no more
        while await self.look() or self._on:
            if self._on:
                await asyncio.wait(self._on.values())

    async def counts(self) -> dict[tuple[str, str], int]:
        """Kind and state → how many there are."""
        return await asyncio.to_thread(self._spool.counts)

    async def aclose(self) -> None:
        """Leave what has not arrived to the next runner."""
        tasks = list(self._on.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(self._spool.close)

    async def _try(self, delivery: Delivery) -> None:
        state: State = "sent"
        error, due = "", 0.0
        try:
            await self._bring(delivery)
        except NotDeliveredError as failure:
            attempt, error = delivery.attempts + 1, str(failure)
            over = failure.final or attempt >= self._waits.attempts
            state = "given_up" if over else "waiting"
            due = time.time() + self._waits.after(attempt)
        await asyncio.to_thread(self._spool.tried, delivery.id, state, error, due)
        self._on_state(replace(delivery, attempts=delivery.attempts + 1), state, error)
        if state != "waiting":
            await self._next(delivery)

    async def _bring(self, delivery: Delivery) -> None:
        kept = await asyncio.to_thread(self._spool.call, delivery.session)
        if kept is None:
            raise NotDeliveredError("what was to be sent is gone", final=True)
        if delivery.kind == JOB:
            await self._couriers.bring_letter(delivery, kept[0])
            return
        release = _release(kept[0])
        parcel = _parcel(release, delivery, kept[1])
        if parcel is None:
            raise NotDeliveredError("what was to be sent is gone", final=True)
        await self._couriers.bring(
            release,
            parcel,
            after=delivery.intent,
            intend=lambda place: self._spool.intend(delivery.id, place),
        )


@lru_cache(maxsize=64)
def _release(content: str) -> AgentRelease:
    return AgentRelease.from_json(content)


def _parcel(release: AgentRelease, delivery: Delivery, report: str) -> Parcel | None:
    """What is brought, worked out anew at each attempt; None where it is not there any more."""
    if delivery.series:
        return event_parcel(release, delivery.content, delivery.id)
    planned = Planned(release, CallReport.from_data(json.loads(report)))
    return planned.parcel(delivery.place)


def _broken_off(report: CallReport, ended_by: str) -> CallReport:
    """The report of a call whose process is no more."""
    now = datetime.now(UTC)
    took = (now - datetime.fromisoformat(report.started)).total_seconds()
    return replace(
        report,
        ended=now.isoformat(timespec="seconds"),
        duration=round(max(0.0, took), 3),
        ended_by=ended_by,
    )
