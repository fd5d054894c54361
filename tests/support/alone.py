"""Tests that want the machine for themselves, where several processes run tests at once.

Each test holds a lock with all others; one that is marked `alone` holds it against all others.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

ALONE: Final = "alone"


class Turns:
    """Lets tests of several processes run side by side, or one of them alone.

    Args:
        folder: one that all of these processes share.
    """

    def __init__(self, folder: Path) -> None:
        """Nobody has it yet."""
        self._door = (folder / "door.lock").open("w")
        self._room = (folder / "room.lock").open("w")
        self._held = False

    @contextmanager
    def of(self, item: pytest.Item, following: pytest.Item | None) -> Iterator[None]:
        """Wait for the turn of a test; one that is alone gives it on to one that is so too."""
        if not self._held:
            self._take(fcntl.LOCK_EX if alone(item) else fcntl.LOCK_SH)
        try:
            yield
        finally:
            self._held = alone(item) and following is not None and alone(following)
            if not self._held:
                fcntl.flock(self._room, fcntl.LOCK_UN)

    def _take(self, how: int) -> None:
        # who waits to be alone keeps the door shut: else the others, who overlap, never all leave
        fcntl.flock(self._door, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._room, how)
        finally:
            fcntl.flock(self._door, fcntl.LOCK_UN)


def alone(item: pytest.Item) -> bool:
    """Whether a test is marked so."""
    return item.get_closest_marker(ALONE) is not None
