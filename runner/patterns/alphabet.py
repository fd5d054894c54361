r"""A small alphabet for one pattern: characters that it does not tell apart share a code.

RE2 compiles a set of Unicode letters into hundreds of states, and knows word boundaries of English
alone. So each text is written in codes of one or two bytes before it is matched: letters of words
become ASCII letters, everything else becomes other bytes, and RE2's `\b` is right in any language.
"""

from __future__ import annotations

import string
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from runner.patterns.characters import NEWLINE, Characters

_OF_WORDS: Final = sorted((string.ascii_letters + string.digits + "_").encode())
_OF_OTHERS: Final = list(range(0x80, 0x100))


class TooManyError(Exception):
    """A pattern tells more characters apart than there are codes."""


class _Codes(dict[int, str]):
    """Code points to codes, filled as they are met; `str.translate` asks it."""

    def __init__(self, starts: list[int], codes: list[str]) -> None:
        super().__init__()
        self.starts, self.codes = starts, codes

    def __missing__(self, code_point: int) -> str:
        code = self.codes[bisect_right(self.starts, code_point) - 1]
        self[code_point] = code
        return code


@dataclass(frozen=True, slots=True, eq=False)
class Alphabet:
    """The codes of one pattern.

    Attributes:
        width: bytes of each code, 1 or 2.
        sets: a set of characters → the codes of those in it.
    """

    width: int
    sets: dict[Characters, tuple[str, ...]]
    _codes: _Codes

    def encode(self, text: str) -> bytes:
        """Write a text in codes."""
        return text.translate(self._codes).encode("latin-1")

    def pattern(self, characters: Characters) -> str:
        """Write for RE2: one character of a set."""
        codes = self.sets[characters]
        if self.width == 1:
            return _one_of(codes)
        firsts = groupby(codes, lambda code: code[0])
        pairs = (_one_of([f]) + _one_of([each[1] for each in with_it]) for f, with_it in firsts)
        return f"(?:{'|'.join(pairs)})" if codes else _one_of(())


def alphabet(sets: Iterable[Characters], words: Characters) -> Alphabet:
    """Make the codes for all sets of a pattern.

    Args:
        sets: each set of characters that the pattern names.
        words: what words are made of, where the pattern asks for that.

    Raises:
        TooManyError: they tell too many characters apart.
    """
    known = dict.fromkeys(sets)
    every = [words, NEWLINE, *known]
    starts = sorted({0, *(s for each in every for low, high in each for s in (low, high + 1))})
    of_segment = list(zip(*(_in(each, starts) for each in every), strict=True))
    kinds = sorted(set(of_segment))
    of_words = [kind for kind in kinds if kind[0]]
    of_others = [kind for kind in kinds if not kind[0] and not kind[1]]
    width = 1 if len(of_words) <= len(_OF_WORDS) and len(of_others) <= len(_OF_OTHERS) else 2
    codes = {
        **dict.fromkeys(kinds, "\n" * width),
        **_coded(of_words, _OF_WORDS, width),
        **_coded(of_others, _OF_OTHERS, width),
    }
    within = {
        each: tuple(sorted({codes[kind] for kind in kinds if kind[at]}))
        for at, each in enumerate(known, 2)
    }
    return Alphabet(width, within, _Codes(starts, [codes[kind] for kind in of_segment]))


Kind = tuple[bool, ...]
"""In which sets a character is."""


def _in(characters: Characters, starts: list[int]) -> list[bool]:
    lows = [low for low, _ in characters]
    highs = [-1, *(high for _, high in characters)]
    return [start <= highs[bisect_right(lows, start)] for start in starts]


def _coded(kinds: list[Kind], codes: list[int], width: int) -> dict[Kind, str]:
    if len(kinds) > len(codes) ** width:
        raise TooManyError
    first = [chr(codes[at // len(codes)]) if width > 1 else "" for at in range(len(kinds))]
    return {kind: first[at] + chr(codes[at % len(codes)]) for at, kind in enumerate(kinds)}


def _one_of(bytes_: Iterable[str]) -> str:
    inner = "".join(f"\\x{ord(each):02x}" for each in bytes_)
    return f"[{inner}]" if inner else r"[^\x00-\xff]"
