"""Numbers of several words: "einundvierzig", "quatre-vingt-dix-sept", "double four"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from runner.masking.languages import Atom, Language

_TEN: Final = 10
_AFTER_PLUS: Final = frozenset({"digit", "teen", "tens", "written"})


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a number, and which word it is of.

    Attributes:
        near: nothing but a space stands before it.
    """

    atom: Atom
    word: int
    near: bool


@dataclass(frozen=True, slots=True)
class Number:
    """A number, and its first and last word.

    Attributes:
        said: whether it stands for words.
    """

    digits: str
    first: int
    last: int
    said: bool


class Adding:
    """Makes numbers of words.

    Args:
        added: "four hundred eleven" is 411, not 400 and 11.
    """

    def __init__(self, language: Language, *, added: bool) -> None:
        self._language, self._added = language, added

    def numbers(self, chain: Sequence[Place]) -> Iterator[Number]:
        """Those of words that follow each other; a word that says several is one."""
        last: Number | None = None
        for number in self._each(chain):
            if last is not None and (last.last == number.first or last.digits == "+"):
                last = Number(last.digits + number.digits, last.first, number.last, last.said)
                continue
            if last is not None:
                yield last
            last = number
        if last is not None:
            yield last

    def _each(self, chain: Sequence[Place]) -> Iterator[Number]:
        place = 0
        while place < len(chain):
            here = chain[place]
            digits, end = self._number(chain, place)
            if digits:
                yield Number(digits, here.word, chain[end - 1].word, here.atom.kind != "written")
            place = max(end, place + 1)

    def _number(self, chain: Sequence[Place], place: int) -> tuple[str, int]:
        """The digits of what begins here, and where it ends; none where nothing does."""
        atom = chain[place].atom
        following = chain[place + 1].atom if place + 1 < len(chain) else Atom("filler")
        if atom.kind == "written":
            return atom.written, place + 1
        if atom.kind == "plus":
            return ("+" if following.kind in _AFTER_PLUS else ""), place + 1
        if atom.kind == "repeat":
            is_one = following.kind == "digit"
            return (str(following.value) * atom.value, place + 2) if is_one else ("", place + 1)
        value, end = self._hundreds(chain, place)
        return (str(value), end) if end else ("", place + 1)

    def _hundreds(self, chain: Sequence[Place], place: int) -> tuple[int, int]:
        atom = chain[place].atom
        if atom.kind in ("hundred", "hundreds"):
            return self._rest(chain, atom.value, place + 1)
        value, end = self._small(chain, place)
        if end and value and _near(chain, end).kind == "hundred":
            return self._rest(chain, value * 100, end + 1)
        return value, end

    def _rest(self, chain: Sequence[Place], value: int, end: int) -> tuple[int, int]:
        """Hundreds, and what is added to them."""
        after = end + (_near(chain, end).kind in ("join", "filler") and end < len(chain))
        if self._added and _near(chain, after) is not _NOTHING:
            rest, rest_end = self._small(chain, after)
            if rest_end and rest:
                return value + rest, rest_end
        return value, end

    def _small(self, chain: Sequence[Place], place: int) -> tuple[int, int]:
        """A number below 100, and where it ends; 0 where there is none."""
        atom = chain[place].atom
        first, second = _near(chain, place + 1), _near(chain, place + 2)
        if atom.kind == "digit":
            return self._turned(atom, first, second, place) or (atom.value, place + 1)
        if atom.kind == "tens":
            more, end = (second, place + 3) if first.kind == "join" else (first, place + 2)
            added = self._adds(atom, more)
            return (atom.value + more.value, end) if added else (atom.value, place + 1)
        return (atom.value, place + 1) if atom.kind == "teen" else (0, 0)

    def _turned(self, ones: Atom, first: Atom, second: Atom, place: int) -> tuple[int, int] | None:
        """A number that begins with what is below ten."""
        if self._language.times and ones.value > 1 and first.value == _TEN:
            more = second.value if second.kind == "digit" else 0
            return ones.value * _TEN + more, place + (3 if more else 2)
        if self._language.turned and first.kind == "join" and second.kind == "tens":
            return second.value + ones.value, place + 3
        return None

    def _adds(self, tens: Atom, more: Atom) -> bool:
        if more.kind == "teen":
            return tens.value in self._language.on
        return more.kind == "digit" and more.value > 0


_NOTHING: Final = Atom("filler")


def _near(chain: Sequence[Place], place: int) -> Atom:
    """What follows at once."""
    following = chain[place] if place < len(chain) else None
    return following.atom if following is not None and following.near else _NOTHING
