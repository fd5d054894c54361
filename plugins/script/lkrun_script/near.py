"""Words that are meant although they are spelt otherwise."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MOST_WORDS = 200
"""Words of one text that are looked at."""

_LONGEST_WORD = 40
_SHORTEST, _SHORT, _LONG = 3, 5, 8
_WORD = re.compile(r"[\w*]+")
_APOSTROPHES = str.maketrans("", "", "'’")  # noqa: RUF001 - phones write this one


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, without punctuation: `What's` is `whats`."""
    folded = unicodedata.normalize("NFC", text).casefold().translate(_APOSTROPHES)
    return tuple(word[:_LONGEST_WORD] for word in _WORD.findall(folded)[:MOST_WORDS])


@lru_cache(maxsize=4096)
def meant(word: str, wanted: str) -> bool:
    """Whether a caller's word is this one, near to it, or begins so (`cancel*`).

    Words begin with the same letter and differ by one letter (left out, too many, another, two
    swapped), by two from eight letters on. Short ones must be right, but for letters that are
    doubled: `yess` is `yes`, `bell` is not `bill`.
    """
    if wanted.endswith("*"):
        return word.startswith(wanted[:-1])
    if word == wanted:
        return True
    shortest = min(len(word), len(wanted))
    if shortest < _SHORTEST or word[0] != wanted[0]:
        return False
    if shortest < _SHORT:
        return _undoubled(word) == _undoubled(wanted)
    return _distance_within(word, wanted, 2 if len(wanted) >= _LONG else 1)


def _undoubled(word: str) -> str:
    return re.sub(r"(.)\1+", r"\1", word)


def _distance_within(one: str, other: str, most: int) -> bool:
    """Whether so many edits lead from one word to the other (optimal string alignment)."""
    if abs(len(one) - len(other)) > most:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return False
    return row[-1] <= most
