"""How long a turn may take: what the caller waits for is counted, what they hear is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class TurnBudget:
    """Counts the time in which models think and tools work, since the caller last spoke.

    Attributes:
        tools_rest: no tool is at work for which somebody waits.

    Args:
        seconds: how long a turn may take, as the release has it now.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        """Begin with nothing spent."""
        self._seconds = seconds
        self._spent = self._since = 0.0
        self._working = 0
        self._turn: object = None
        self._tools = 0
        self.tools_rest = asyncio.Event()
        self.tools_rest.set()

    def begin(self, turn: object) -> None:
        """Begin a turn, named by the caller's words; the same one goes on."""
        if turn != self._turn:
            self._turn, self._spent, self._since = turn, 0.0, self._now()

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count the time in which something is done; things at the same time count once."""
        if not self._working:
            self._since = self._now()
        self._working += 1
        try:
            yield
        finally:
            self._working -= 1
            if not self._working:
                self._spent += self._now() - self._since

    @contextmanager
    def tool_works(self) -> Iterator[None]:
        """A tool is at work: it is no fault of the model that nothing is said."""
        self._tools += 1
        self.tools_rest.clear()
        try:
            yield
        finally:
            self._tools -= 1
            if not self._tools:
                self.tools_rest.set()

    @property
    def whole(self) -> float:
        """Seconds that a turn may take."""
        return self._seconds()

    @property
    def left(self) -> float:
        """Seconds that are left; 0 or less where the turn is to be given up."""
        running = self._now() - self._since if self._working else 0.0
        return self._seconds() - self._spent - running

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
