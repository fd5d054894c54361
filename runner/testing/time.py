"""Simulated time: a talk's clocks run on at once while nobody has anything to do."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

_ROUNDS: Final = 20
"""Rounds of the loop in which what a timer has begun comes to rest, or begins to wait itself."""


_CROWDED: Final = 1_000
"""Timers after which those are swept out that have run or were cancelled."""


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock can be put forward.

    Every timer of the loop goes by its clock: those of lkrun, of LiveKit and of `asyncio` itself.
    Timers that are passed run in their order, each at its own time.
    """

    def __init__(self) -> None:
        """Begin with the machine's time."""
        self._ahead = 0.0
        # only the loop itself keeps a timer, and with it a whole talk, until it has run
        self._timers: list[tuple[float, int, weakref.ref[asyncio.TimerHandle]]] = []
        self._crowded = _CROWDED
        self._numbers = itertools.count()
        self._bending = asyncio.Lock()
        super().__init__()

    def time(self) -> float:
        """The loop's time, in seconds."""
        return super().time() + self._ahead

    def call_at(  # type: ignore[override]  # asyncio's own signature is generic over the arguments
        self, when: float, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        """Run something at a moment of the loop's time."""
        handle = super().call_at(when, callback, *args, context=context)
        heapq.heappush(self._timers, (when, next(self._numbers), weakref.ref(handle)))
        if len(self._timers) > self._crowded:
            self._timers = [
                timer for timer in self._timers if (kept := timer[2]()) and not kept.cancelled()
            ]
            heapq.heapify(self._timers)
            self._crowded = 2 * len(self._timers) + _CROWDED
        return handle

    async def forward(
        self, seconds: float, settle: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Let so much time pass at once.

        Args:
            seconds: how much.
            settle: waits until what the timers have begun is done; time stands still meanwhile.
        """
        end = self.time() + seconds
        while (when := self._next()) is not None and when < end:
            self._ahead += max(0.0, when - self.time())
            await self._rest()
            if settle is not None:
                await settle()
        self._ahead += max(0.0, end - self.time())
        await self._rest()

    async def _rest(self) -> None:
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)

    def _next(self) -> float | None:
        while self._timers:
            when, _, kept = self._timers[0]
            handle = kept()
            if handle is not None and not handle.cancelled() and when > self.time():
                return when
            heapq.heappop(self._timers)
        return None


class Turns:
    """Lets talks run beside each other, but for those that put the clock forward: they run alone.

    All talks of a loop share its clock.
    """

    def __init__(self, at_once: int) -> None:
        """Let so many run at once."""
        self._free = asyncio.Semaphore(at_once)
        self._at_once = at_once
        self._alone = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def one(self, *, alone: bool) -> AsyncIterator[None]:
        """Wait for a turn, and keep it."""
        needed = self._at_once if alone else 1
        async with self._alone if alone else contextlib.AsyncExitStack():
            for _ in range(needed):
                await self._free.acquire()
        try:
            yield
        finally:
            for _ in range(needed):
                self._free.release()
