"""A text as it would be written in digits, letter by letter with what each stands for in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

SEAM: Final = "\x1e"
"""Stands between two texts of one speaker."""


@dataclass(slots=True)
class Reading:
    """A text with digits for words.

    Attributes:
        starts: of each of its letters, where that which it stands for begins in the text.
        ends: and where that ends.
        said: which of them stand for words.
    """

    text: str = ""
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    said: list[bool] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)

    def add(self, written: str, start: int, end: int, *, said: bool = False) -> None:
        """Go on with what stands for a part of the text."""
        self._parts.append(written)
        self.starts += [start] * len(written)
        self.ends += [end] * len(written)
        self.said += [said] * len(written)

    @classmethod
    def of(cls, text: str) -> Reading:
        """A text as it is."""
        reading = cls()
        reading.copy(text, 0, len(text))
        return reading.done()

    def take(self, other: Reading, start: int, end: int) -> None:
        """Go on with a part of another reading of the same text."""
        self._parts.append(other.text[start:end])
        self.starts += other.starts[start:end]
        self.ends += other.ends[start:end]
        self.said += other.said[start:end]

    def copy(self, text: str, start: int, end: int) -> None:
        """Go on with a part of the text as it is."""
        self._parts.append(text[start:end])
        self.starts += range(start, end)
        self.ends += range(start + 1, end + 1)
        self.said += [False] * (end - start)

    def done(self) -> Reading:
        """It is read."""
        self.text = "".join(self._parts)
        return self

    def span(self, start: int, end: int) -> tuple[int, int]:
        """What a part of it stands for."""
        return self.starts[start], self.ends[end - 1]

    def pieces(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The same, without what was left out between two texts."""
        while (seam := self.text.find(SEAM, start, end)) >= 0:
            yield self.span(start, seam)
            start = seam + 1
        yield self.span(start, end)


def bridged(reading: Reading, words: int) -> Reading:
    """Texts of one speaker, where few words between two numbers of two of them are left out.

    Args:
        reading: with a `SEAM` between each two.
        words: how many at most.
    """
    text, over, done = reading.text, Reading(), 0
    for match in _SEAMED.finditer(text):
        if len(_LETTERS.findall(match[0])) <= words:
            over.take(reading, done, match.start())
            over.add(SEAM, *reading.span(*match.span()))
            done = match.end()
    over.take(reading, done, len(text))
    return over.done()


_SEAMED: Final = re.compile(rf"(?<=\d)[^\d{SEAM}]{{0,80}}{SEAM}[^\d{SEAM}]{{0,80}}(?=\d)")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
