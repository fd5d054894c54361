"""Sets of characters as ranges: letters, digits and spaces of all languages, large and small."""

from __future__ import annotations

import itertools
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cache, reduce
from typing import Final

Characters = tuple[tuple[int, int], ...]
"""Code points, as ranges in order that do not touch."""

LAST: Final = 0x10FFFF
ALL: Final[Characters] = ((0, LAST),)
NEWLINE: Final[Characters] = ((10, 10),)
_ASSIGNED: Final = (range(0x33480), range(0xE0000, 0xE01F0))
"""Where Unicode has characters with properties of their own."""

_CASED: Final = 0x1EA00
"""Behind the last letter that is large or small."""

_BLOCK: Final = 0x80
_ONE_LETTER: Final = "Ii\u0130\u0131"
"""The letter i of Turkish and of all others, which Python takes for one in any case."""


def union(several: Iterable[Characters]) -> Characters:
    """All that is in one of several sets."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(itertools.chain.from_iterable(several)):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def others(characters: Characters) -> Characters:
    """All that is not in a set."""
    starts = [0, *(high + 1 for _, high in characters)]
    ends = [*(low - 1 for low, _ in characters), LAST]
    return tuple((s, e) for s, e in zip(starts, ends, strict=True) if s <= e)


def only_ascii(characters: Characters) -> Characters:
    """What of a set is ASCII."""
    return tuple((low, min(high, 127)) for low, high in characters if low <= 127)  # noqa: PLR2004 - the last of ASCII


def in_any_case(characters: Characters) -> Characters:
    """A set with the large and small forms of its letters."""
    forms, cased = _forms(), _in_order()
    more = (
        (form, form)
        for low, high in characters
        for code in cased[bisect_left(cased, low) : bisect_right(cased, high)]
        for form in forms[code]
    )
    return union((characters, tuple(more)))


@cache
def digits() -> Characters:
    """The digits of all scripts."""
    return _where(str.isdecimal)


@cache
def spaces() -> Characters:
    """Spaces, tabs and line breaks."""
    return _where(str.isspace)


@cache
def words() -> Characters:
    """What words are made of: letters with their marks, numbers and the underscore.

    Python leaves the vowel signs of Hindi or Thai out; they are parts of words.
    """
    return _where(lambda each: each == "_" or unicodedata.category(each)[0] in "LMN")


def _where(belongs: Callable[[str], bool]) -> Characters:
    return union(((c, c),) for part in _ASSIGNED for c in part if belongs(chr(c)))


@cache
def _forms() -> dict[int, tuple[int, ...]]:
    """Give each letter that is large or small all forms of it, itself among them."""
    same: dict[str, set[str]] = {}
    for letter in "".join(filter(_has_case, _blocks())):
        variants = {v for v in (letter.lower(), letter.upper(), letter.title()) if len(v) == 1}
        if len(variants) > 1 or variants - {letter}:
            _join(same, {letter, *variants})
    _join(same, set(_ONE_LETTER))
    return {ord(letter): tuple(map(ord, sorted(group))) for letter, group in same.items()}


@cache
def _in_order() -> list[int]:
    return sorted(_forms())


def _blocks() -> Iterator[str]:
    """The characters among which some are large or small, a block of a script at a time."""
    return ("".join(map(chr, range(n, n + _BLOCK))) for n in range(0, _CASED, _BLOCK))


def _has_case(block: str) -> bool:
    """Whether any of them is: nearly all blocks have none, which is seen at once."""
    return not block == block.lower() == block.upper() == block.title()


def _join(same: dict[str, set[str]], letters: set[str]) -> None:
    group = reduce(set.union, (same.get(letter, {letter}) for letter in letters), set[str]())
    same |= dict.fromkeys(group, group)
