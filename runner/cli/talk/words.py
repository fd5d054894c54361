"""Values in words, on lines that fit the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.diagnostics.render import printable

UNKNOWN = "not known yet"


def written(value: Any) -> str:
    """A value as people write it: yes and no, lists with commas."""
    match value:
        case None | "":
            return UNKNOWN
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(written, value)) or "nothing yet"
        case dict():
            return ", ".join(f"{name}: {written(each)}" for name, each in value.items())
        case _:
            return str(value)


def cut(text: str, longest: int = 160) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def one_line(text: str) -> str:
    """A text without line breaks and without what a terminal would obey."""
    return printable(" ".join(text.split()))


def wrapped(line: str, width: int, *, hang: int = 2) -> Iterator[str]:
    """A line in pieces that are no wider, broken between words; the later ones stand in by `hang`.

    A word without a space that is wider is broken where it must be, as Chinese and Japanese are.
    """
    from prompt_toolkit.utils import get_cwidth

    width = max(width, hang + 10)
    piece, taken = "", 0
    for word in _words(line):
        for part in _fitting(word, width - hang):
            size = get_cwidth(part)
            if taken + get_cwidth(part.rstrip()) > width and piece.strip():
                yield piece.rstrip()
                piece, taken = " " * hang, hang
                part = part.lstrip()  # noqa: PLW2901 - a line does not begin with the space between
                size = get_cwidth(part)
            piece, taken = piece + part, taken + size
    yield piece.rstrip()


def _words(line: str) -> Iterator[str]:
    """Words, each with the spaces behind it; those before the first are a word."""
    word, blank = "", False
    for character in line:
        if blank and character != " ":
            yield word
            word = ""
        word, blank = word + character, character == " "
    yield word


def _fitting(word: str, width: int) -> Iterator[str]:
    from prompt_toolkit.utils import get_cwidth

    part, taken = "", 0
    for character in word:
        size = get_cwidth(character)
        if taken + size > width:
            yield part
            part, taken = "", 0
        part, taken = part + character, taken + size
    yield part
