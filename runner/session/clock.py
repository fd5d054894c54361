"""The time of a call: one seam for its timers, its bounds and its templates."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Protocol


class Timer(Protocol):
    """Something that will be done."""

    def cancel(self) -> None:
        """Do it no more."""

    def when(self) -> float:
        """When it will be done, as `Clock.time` counts."""


class Clock(Protocol):
    """What time it is, and what is done later."""

    def now(self) -> datetime:
        """The moment, with its time zone."""

    def time(self) -> float:
        """Seconds that only grow, from a beginning that means nothing."""

    def later(self, seconds: float, work: Callable[[], object]) -> Timer:
        """Do something in so many seconds, in the running event loop."""


class MachineClock:
    """The machine's time, and the event loop's.

    Args:
        begins: a moment that it shows now instead, and that goes on with the loop's seconds.
    """

    def __init__(self, begins: datetime | None = None) -> None:
        """Begin to count."""
        self._begins = begins
        self._start = self.time() if begins is not None else 0.0

    def now(self) -> datetime:
        """The moment, in the machine's time zone."""
        if self._begins is None:
            return datetime.now().astimezone()
        return self._begins + timedelta(seconds=self.time() - self._start)

    def time(self) -> float:
        """The event loop's seconds."""
        return asyncio.get_running_loop().time()

    def later(self, seconds: float, work: Callable[[], object]) -> Timer:
        """Do something in so many seconds."""
        return asyncio.get_running_loop().call_later(seconds, work)


class _Simulated:
    def __init__(self, due: float, work: Callable[[], object]) -> None:
        self.due = due
        self.work: Callable[[], object] | None = work

    def when(self) -> float:
        """When it will be done."""
        return self.due

    def cancel(self) -> None:
        """Do it no more."""
        self.work = None


class SimulatedClock:
    """A time that passes only when it is told to: fifteen seconds of silence take none.

    Args:
        begins: the moment at which it stands, with its time zone.
    """

    def __init__(self, begins: datetime) -> None:
        """Stand still."""
        self._begins = begins
        self._passed = 0.0
        self._timers: list[tuple[float, int, _Simulated]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        """The moment."""
        return self._begins + timedelta(seconds=self._passed)

    def time(self) -> float:
        """The seconds that have passed."""
        return self._passed

    def later(self, seconds: float, work: Callable[[], object]) -> Timer:
        """Do something when so many seconds have passed."""
        timer = _Simulated(self._passed + seconds, work)
        heapq.heappush(self._timers, (timer.due, next(self._order), timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Let time pass: what falls due on the way is begun, each at its own moment."""
        end = self._passed + seconds
        while self._timers and self._timers[0][0] <= end:
            self._passed, _, timer = heapq.heappop(self._timers)
            if timer.work is not None:
                timer.work()
        self._passed = end

    @property
    def waiting(self) -> int:
        """How many timers are set."""
        return sum(timer.work is not None for _, _, timer in self._timers)


async def rest(clock: Clock, seconds: float) -> None:
    """Let so many seconds pass."""
    over = asyncio.Event()
    timer = clock.later(seconds, over.set)
    try:
        await over.wait()
    finally:
        timer.cancel()


@asynccontextmanager
async def within(clock: Clock, seconds: float) -> AsyncIterator[None]:
    """Give up what is awaited in the block when so many seconds have passed.

    Raises:
        TimeoutError: they have.
    """
    async with asyncio.timeout(None) as bound:
        timer = clock.later(seconds, lambda: bound.reschedule(asyncio.get_running_loop().time()))
        try:
            yield
        finally:
            timer.cancel()
