"""The pronunciations that come with pocketsphinx: 134,000 English words, in one sorted file."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pocketsphinx  # type: ignore[import-untyped] # it has no types

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_KEPT = re.compile(r"[^\w'\s]")
_CLOSE_LENGTH = 2


def words_of(phrase: str) -> list[str]:
    """A phrase as the dictionary writes its words: lower case, without punctuation."""
    return _KEPT.sub(" ", phrase.casefold().replace("’", "'")).replace("_", " ").split()  # noqa: RUF001 - the apostrophe of typeset text


@lru_cache(maxsize=1)
def _text() -> bytes:
    file = Path(pocketsphinx.get_model_path()) / "en-us" / "cmudict-en-us.dict"
    return b"\n" + file.read_bytes()


def knows(word: str) -> bool:
    """Whether the dictionary has a word; its lines stand in the order of their words."""
    text, wanted = _text(), word.encode()
    low, high = 0, len(text)
    while low < high:
        start = text.rfind(b"\n", low, (low + high) // 2 + 1)
        start = low if start < 0 else start
        end = text.find(b"\n", start + 1)
        end = len(text) if end < 0 else end
        found = text[start + 1 : end].partition(b" ")[0].partition(b"(")[0]
        if found == wanted:
            return True
        low, high = (end, high) if found < wanted else (low, start)
    return False


def entries(words: Iterable[str]) -> Iterator[str]:
    """The dictionary's lines of some words, all pronunciations of each."""
    for word in sorted(set(words)):
        pattern = rf"\n({re.escape(word)}(?:\(\d+\))? [^\n]*)".encode()
        for line in re.findall(pattern, _text()):
            yield line.decode()


def near(word: str) -> list[str]:
    """Up to three words of the dictionary that are written like this one."""
    pattern = rf"\n({re.escape(word[:1])}[a-z']*) ".encode()
    candidates = [
        found.decode()
        for found in re.findall(pattern, _text())
        if abs(len(found) - len(word)) <= _CLOSE_LENGTH
    ]
    return difflib.get_close_matches(word, candidates, 3, 0.6)
