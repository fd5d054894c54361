"""Lines of the log that come again and again: some are written, the others are counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

FREE: Final = 10
"""So many lines of a kind are written in each window."""

WINDOW: Final = 10.0
"""Seconds of a window, which begins with a first line."""

_MOST: Final = 1000
"""Kinds that are counted at once; of more, those that came last."""


@dataclass(slots=True)
class Flood:
    """Lines of one kind in one window.

    Attributes:
        words: of the first.
        level: how grave it is.
        began: when it came, by a clock that only grows.
        lines: how many there were.
    """

    words: str
    level: str
    began: float
    lines: int = 0

    @property
    def more(self) -> int:
        """How many were not written."""
        return max(0, self.lines - FREE)


class Floods:
    """Counts lines by their kind."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take a clock that only grows."""
        self._clock = clock
        self._open: dict[Hashable, Flood] = {}

    def passes(self, kind: Hashable, words: str, level: str) -> bool:
        """Count a line; says whether it is to be written."""
        flood = self._open.setdefault(kind, Flood(words, level, self._clock()))
        flood.lines += 1
        return flood.lines <= FREE

    def ended(self, *, all_of_them: bool = False) -> list[Flood]:
        """The floods whose windows have ended since this was asked, and forget them."""
        now, surplus = self._clock(), len(self._open) - _MOST
        over = [
            kind
            for number, (kind, flood) in enumerate(self._open.items())
            if all_of_them or number < surplus or now - flood.began >= WINDOW
        ]
        floods = [self._open.pop(kind) for kind in over]
        return [flood for flood in floods if flood.more]
