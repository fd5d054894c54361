"""What a caller has typed on the keys of a telephone, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from runner.schema.needs import Need
from runner.schema.types.pressed import LONGEST

FEW = "keys_few"
MANY = "keys_many"
WRONG = "keys_wrong"
NOTHING_TYPED = "keys_none"
UNFIT = "keys_unfit"
"""Names of lkrun's own sentences: what the caller hears."""


@dataclass(slots=True)
class Typed:
    """Keys for one need, as they come.

    Attributes:
        pressed: all of them, the end key too.
        digits: what becomes the value.
        wrong: a key was among them that it cannot hold.
        ended: the end key was pressed.
    """

    need: Need
    pressed: str = ""
    digits: str = ""
    wrong: bool = False
    ended: bool = False

    def add(self, key: str) -> None:
        """Take one key; what goes on without end is not kept."""
        self.pressed = (self.pressed + key)[: LONGEST + 1]
        self.ended = key == self.need.end_key
        if key.isdigit():
            self.digits = (self.digits + key)[: LONGEST + 1]
        elif not self.ended:
            self.wrong = True

    @property
    def is_full(self) -> bool:
        """Whether no key may follow but the end key."""
        full = self._bound("length")
        return full is not None and len(self.digits) >= full

    @property
    def problem(self) -> str:
        """The name of what the caller is told; nothing where it may be right."""
        least, most = self._bound("length"), self._bound("length")
        if least is None and self.need.type in self.need.counted:
            least, most = self._bound("min"), self._bound("max")
        if self.wrong:
            return WRONG
        if len(self.digits) < max(least or 1, 1):
            return FEW
        return MANY if len(self.digits) > min(most or LONGEST, LONGEST) else ""

    def _bound(self, name: str) -> int | None:
        value: int | None = self.need.bound(name)
        return value
