"""Whose rooms are whose: callers who prove themselves come into no room of somebody else."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

MOST: Final = 20_000
"""Rooms that are remembered; of more, those that were asked for last."""

NOBODY: Final = ""
"""The owner of a room that a program asked for."""


class RoomOwners:
    """Room → the identity of the proven caller who asked for it first."""

    def __init__(self) -> None:
        """Know no room."""
        self._of: OrderedDict[str, str] = OrderedDict()

    def claim(self, room: str, identity: str | None) -> str:
        """Note who asks for a room; gives whose it is, from now on or from before."""
        owner = self._of.setdefault(room, identity or NOBODY)
        self._of.move_to_end(room)
        while len(self._of) > MOST:
            self._of.popitem(last=False)
        return owner

    def known(self, room: str) -> bool:
        """Whether somebody has asked for it."""
        return room in self._of

    def of(self, room: str) -> str | None:
        """The proven caller whose room it is; None where there is none."""
        return self._of.get(room) or None
