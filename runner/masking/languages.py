"""The words of numbers in the languages that lkrun speaks, and what each says."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, Literal

_TABLE: Final = Path(__file__).with_name("words.toml")
_SIGNS: Final = "零〇一二三四五六七八九幺壹贰两叁肆伍陆柒捌玖"
_WORD: Final = re.compile(r"\d+|[^\W\d_]+")
_HAN: Final = re.compile(rf"[{_SIGNS}]|[^{_SIGNS}]+")
NEAR: Final = re.compile(r"[ \t\u00a0-]{0,3}")
"""What may stand between two words of one number."""

_LONGEST: Final = 40
"""Letters of a word that may be a number."""

Kind = Literal[
    "digit", "teen", "tens", "hundreds", "hundred", "join", "repeat", "plus", "filler", "written",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Atom:
    """A part of a number, as a word or in one.

    Attributes:
        written: digits that stood in the text as such.
    """

    kind: Kind
    value: int = 0
    written: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A word as it stands in a text.

    Attributes:
        plain: it without accents and case.
        digits: itself, where it is written in digits.
    """

    start: int
    end: int
    plain: str
    digits: tuple[Atom, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text; its parts, where it is one of numbers."""

    start: int
    end: int
    atoms: tuple[Atom, ...]


class Language:
    """How numbers are said in one.

    Args:
        table: its part of `words.toml`.
    """

    def __init__(self, table: dict[str, Any]) -> None:
        self.turned = bool(table.get("turned"))
        self.times = bool(table.get("times"))
        self.on = frozenset(table.get("on", ()))
        self._atoms: dict[str, Atom] = {}
        self._pairs: dict[tuple[str, str], Atom] = {}
        self._put("filler", table.get("fillers", ""), 0, 0)
        self._put("join", table.get("joins", ""), 0, 0)
        self._put("plus", table.get("plus", ""), 0, 0)
        self._put("hundred", table.get("hundred", ""), 100, 0)
        self._put("hundreds", table.get("hundreds", ""), 100, 100)
        self._put("tens", table.get("tens", ""), table.get("tens_from", 20), 10)
        self._put("teen", table.get("teens", ""), 10, 1)
        self._put("digit", table["digits"], 0, 1)
        for word, times in table.get("repeats", {}).items():
            self._atoms[plain(word)] = Atom("repeat", times)
        self._longest = max(map(len, self._atoms))
        self.split = lru_cache(maxsize=4096)(self._split)

    def _put(self, kind: Kind, words: str, first: int, step: int) -> None:
        for place, spellings in enumerate(words.split()):
            for spelling in map(plain, spellings.split("|")):
                atom = Atom(kind, first + step * place)
                head, dash, rest = spelling.partition("-")
                if dash:
                    self._pairs[head, rest] = atom
                else:
                    self._atoms[spelling] = atom

    def _split(self, word: str) -> tuple[Atom, ...]:
        """The parts of a word; none where it is not of numbers from its beginning to its end."""
        atoms: list[Atom] = []
        place = 0
        while place < len(word):
            for end in range(min(len(word), place + self._longest), place, -1):
                if (atom := self._atoms.get(word[place:end])) is not None:
                    break
            else:
                return ()
            if atom.kind == "filler" and end - place < len(word):
                return ()
            atoms.append(atom)
            place = end
        return tuple(atoms)

    def words(self, text: str, written: Sequence[Written]) -> list[Word]:
        """The words of a text, each with what it says in this language."""
        words = [
            Word(each.start, each.end, each.digits or self.split(each.plain)) for each in written
        ]
        return list(self._paired(text, words)) if self._pairs else words

    def _paired(self, text: str, words: Sequence[Word]) -> Iterator[Word]:
        """The same with two words for one number as one word."""
        place = 0
        while place < len(words):
            word = words[place]
            after = words[place + 1] if place + 1 < len(words) else None
            if after is not None and word.atoms and NEAR.fullmatch(text, word.end, after.start):
                key = plain(text[word.start : word.end]), plain(text[after.start : after.end])
                if (atom := self._pairs.get(key)) is not None:
                    yield Word(word.start, after.end, (atom,))
                    place += 2
                    continue
            yield word
            place += 1


def words_of(text: str) -> Iterator[Written]:
    """The words of a text; each sign that is a digit in Chinese is one."""
    for match in _WORD.finditer(text):
        for piece in _HAN.finditer(text, *match.span()):
            start, end = piece.span()
            if piece[0].isdecimal():
                yield Written(start, end, "", (Atom("written", written=piece[0]),))
            else:
                yield Written(start, end, plain(piece[0]) if end - start <= _LONGEST else "")


@cache
def languages() -> tuple[Language, ...]:
    """All of them."""
    with _TABLE.open("rb") as file:
        return tuple(map(Language, tomllib.load(file).values()))


@lru_cache(maxsize=4096)
def plain(word: str) -> str:
    """A word without accents and case."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c)).replace("\u0131", "i")
