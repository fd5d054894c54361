"""Words as searches compare them: without case, accents and signs, in any script."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

LONGEST: Final = 200_000
"""Characters of a talk that can be found; PostgreSQL takes a megabyte."""

_UNSPACED: Final = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])"
)
"""Letters of scripts that put no space between words: each is looked up by itself."""

_NO_WORD: Final = re.compile(r"[\W_]+")
_QUOTED: Final = re.compile(r'"([^"]*)"|(\S+)')


def normal(text: str) -> str:
    """The words of a text, with one space between them."""
    if text.isascii():  # most are, and it is many times as fast
        return _NO_WORD.sub(" ", text.lower().replace("\x00", " ")).strip()
    plain = unicodedata.normalize("NFKD", text.casefold()).replace("đ", "d").replace("\x00", " ")
    bare = "".join(each for each in plain if not unicodedata.combining(each))
    return _NO_WORD.sub(" ", _UNSPACED.sub(r" \1 ", bare)).strip()


def searchable(*parts: Any) -> str:
    """What a search looks through, of all that is known of a session."""
    return normal("\n".join(_texts(parts)))[:LONGEST]


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in _texts(each)]
    if value is None or isinstance(value, bool):
        return []
    return [str(value)]


def phrases(query: str) -> list[str]:
    """What all must be found: words, and in quotation marks words that follow each other."""
    written = (quoted or word for quoted, word in _QUOTED.findall(query))
    return [phrase for phrase in map(normal, written) if phrase]
