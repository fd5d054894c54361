"""Words that are spoken otherwise than they are written: whole words only.

A written word of small letters alone stands for the word in any case; one with a capital only for
itself. LiveKit's own replacement also changes what is inside of other words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from typing import Final

Transform = Callable[[AsyncIterable[str]], AsyncIterable[str]]
"""An entry of LiveKit's `tts_text_transforms`."""

_UNSPACED: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
"""Letters of scripts without spaces: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""


def pronouncing(pronunciations: Mapping[str, str]) -> Transform:
    """Speak words as they are pronounced.

    Args:
        pronunciations: written → spoken.
    """
    words = _Words(pronunciations)

    async def transform(text: AsyncIterable[str]) -> AsyncIterator[str]:
        raw, before = "", ""
        async for piece in text:
            raw += piece
            cut = words.cut(raw, before)
            if cut:
                yield words.replaced(raw[:cut], before, raw[cut : cut + 1])
                before, raw = raw[cut - 1], raw[cut:]
        if raw:
            yield words.replaced(raw, before, "")

    return transform


class _Words:
    def __init__(self, pronunciations: Mapping[str, str]) -> None:
        written = sorted(pronunciations, key=len, reverse=True)
        self._spoken = dict(pronunciations)
        any_case = (re.escape(w) if w != w.lower() else f"(?i:{re.escape(w)})" for w in written)
        self._pattern = re.compile("|".join(f"({pattern})" for pattern in any_case) or r"(?!)")
        self._written = written
        self._longest = len(written[0]) if written else 0

    def replaced(self, text: str, before: str, after: str) -> str:
        """A text with its words replaced; `before` and `after` are the letters around it."""
        parts, place = [], 0
        for start, end, word in self._matches(before + text + after, len(before)):
            if end > len(text):
                break  # it is what comes after
            parts += [text[place:start], self._spoken[word]]
            place = end
        return "".join([*parts, text[place:]])

    def cut(self, text: str, before: str) -> int:
        """How much of a text can be given away: no word that may go on is in it."""
        cut = max(0, len(text) - self._longest)
        while cut and _in_word(text[cut - 1]):
            cut -= 1
        for start, end, _ in self._matches(before + text, len(before)):
            if start < cut < end:
                cut = start
        return cut

    def _matches(self, text: str, shift: int) -> list[tuple[int, int, str]]:
        matches, place = [], 0
        while match := self._pattern.search(text, place):
            word = self._written[(match.lastindex or 1) - 1]
            start, end = match.span()
            if start >= shift and _whole(text, start, end):
                matches.append((start - shift, end - shift, word))
                place = end
            else:
                place = start + 1
        return matches


def _whole(text: str, start: int, end: int) -> bool:
    """Whether a place in a text is no part of a longer word."""
    first, last = text[start], text[end - 1]
    joins_before = start and _in_word(first) and _in_word(text[start - 1])
    joins_after = end < len(text) and _in_word(last) and _in_word(text[end])
    return not (joins_before and not _UNSPACED.match(first)) and not (
        joins_after and not _UNSPACED.match(last)
    )


def _in_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_" or unicodedata.category(letter).startswith("M")
