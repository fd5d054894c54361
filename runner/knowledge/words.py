"""A text to the words by which it is found, in any language.

Three things let a question find what was written otherwise: accents may be left out, a longer word
is found by its beginning (which does in most tongues what a stemmer does in one), and where a
script has no spaces, any two characters side by side are a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_UNSPACED: Final = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters
)
_IDEOGRAPHS: Final = "\u3400"
"""From here on a sign alone is a word."""

_WORDS: Final = re.compile(rf"(?P<run>[{_UNSPACED}]+)|(?:(?![{_UNSPACED}])\w)+")

_STEM: Final = 5
"""Letters that forms of one word have in common; a word of no more lacks its last one."""

_SHORTEST: Final = 3


def words(text: str) -> list[str]:
    """The words of a text, as they are compared."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return [word for match in _WORDS.finditer(plain) for word in _forms(match)]


def _forms(match: re.Match[str]) -> Iterator[str]:
    word = match[0]
    if match["run"]:
        yield from (word[place : place + 2] for place in range(len(word) - 1))
        yield from (sign for sign in word if sign >= _IDEOGRAPHS)
        return
    bare = _bare(word)
    yield from dict.fromkeys((word, bare, _stem(bare)))


def _stem(word: str) -> str:
    """What the forms of a word have in common, roughly: `dogs` and `dog`, `hunde` and `hund`."""
    single = word.removesuffix("s") if len(word) > _SHORTEST else word
    return single[: _STEM - 1] if len(single) == _STEM else single[:_STEM]


def _bare(word: str) -> str:
    """A word without its accents."""
    if word.isascii():
        return word
    apart = unicodedata.normalize("NFD", word.replace("\u0111", "d"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
