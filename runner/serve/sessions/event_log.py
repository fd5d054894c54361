"""The events of a session, for who reads them later and for who hears them as they happen."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

KEPT: Final = 500
"""Events of a session that are kept; the oldest go first."""

Numbered = tuple[int, dict[str, Any]]
"""An event, and its number in the session: the first is 1."""


class EventLog:
    """Events in their order; `closed` when no more will come."""

    def __init__(self) -> None:
        self._events: deque[dict[str, Any]] | None = deque(maxlen=KEPT)
        self._packed = b""
        self._count = 0
        self._news = asyncio.Event()
        self.closed = False

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Those that are kept."""
        return iter(self._all)

    @property
    def latest(self) -> int:
        """The number of the last one; 0 where there is none."""
        return self._count

    @property
    def last(self) -> dict[str, Any] | None:
        """The last one."""
        events = self._all
        return events[-1] if events else None

    def add(self, event: dict[str, Any]) -> None:
        """Note one more, and wake who waits for it."""
        events = self._events = self._all
        events.append(event)
        self._count += 1
        self._wake()

    def close(self) -> None:
        """Let nobody wait any longer."""
        self.closed = True
        self._wake()

    def since(self, number: int) -> list[Numbered]:
        """Those after a number."""
        events = self._all
        first = self._count - len(events) + 1
        skipped = max(0, number + 1 - first)
        return list(enumerate(itertools.islice(events, skipped, None), first + skipped))

    def pack(self) -> int:
        """Hold them in little room, since a session that has ended is seldom read: in how much."""
        self._packed = json.dumps([*self._all], default=str).encode()
        self._events = None
        return len(self._packed)

    @property
    def _all(self) -> deque[dict[str, Any]]:
        return deque(json.loads(self._packed), KEPT) if self._events is None else self._events

    def begin_of(self, turn: int) -> int:
        """The number of the first event of a turn."""
        numbered = self.since(0)
        return next((n for n, each in numbered if each.get("turn") == turn), self._count + 1)

    async def more(self, number: int) -> list[Numbered]:
        """Wait for those after a number; none where no more will come."""
        while not (newer := self.since(number)) and not self.closed:
            await self._news.wait()
        return newer

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
