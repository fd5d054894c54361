"""Bytes to a clean text: its encoding, line breaks, and characters that nobody can see."""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.late_pattern import late

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAMES = {
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32-le": "UTF-32",
    "utf-32-be": "UTF-32",
}
_TYPOGRAPHY = "\u20ac\u201c\u201d\u2018\u2019\u2013\u2014\u2026\xab\xbb\xb0\xa7"
_SAVE = "save the file again as UTF-8 (most editors: Save as, Encoding: UTF-8)"

UNSEEN = late(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060\u2066-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
"""What no text may hold.

The joiners U+200C and U+200D stay: Persian, Indic scripts and emoji are written with them.
"""

_NICKNAMES = {
    "\x00": "null character",
    "\x07": "bell character",
    "\x08": "backspace character",
    "\x0b": "vertical tab",
    "\x0c": "page break",
    "\x1b": "escape character",
    "\x7f": "delete character",
    "\x85": "next-line character",
}


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something in a file's text that must not be there; `line` and `column` from 1."""

    line: int
    column: int
    code: str
    message: str
    help: str


@dataclass(frozen=True, slots=True)
class Decoded:
    r"""A file's text with `\n` as its only line break, and what was wrong with its bytes."""

    text: str
    flaw: Flaw | None = None


def decode(data: bytes) -> Decoded:
    """Return the text of `data`; one that is not UTF-8 has a flaw and is read as what it may be."""
    encoding, skip = _encoding(data)
    flaw: Flaw | None = None
    if encoding == "utf-8":
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            flaw = _not_utf8(data, error.start)
            text = data[skip:].decode("cp1252", "replace")
    else:
        text = data[skip:].decode(encoding, "replace").removeprefix("\ufeff")
        message = f"this file is saved as {_NAMES[encoding]}, not as UTF-8"
        flaw = Flaw(1, 1, "E010", message, _SAVE)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Decoded(text, flaw)


def unseen(text: str) -> Iterator[Flaw]:
    """Yield a flaw for each line that holds a character which nobody can see."""
    if not UNSEEN.search(text):
        return
    for number, line in enumerate(text.split("\n"), 1):
        if match := UNSEEN.search(line):
            message = f"there is a character here that cannot be seen: {describe(match[0])}"
            help_ = "delete it; it often comes along when text is copied"
            yield Flaw(number, match.start() + 1, "E011", message, help_)


def describe(char: str) -> str:
    """Return the name of a character for people, such as `zero width space (U+200B)`."""
    name = _NICKNAMES.get(char) or unicodedata.name(char, "control character").lower()
    return f"{name} (U+{ord(char):04X})"


def _encoding(data: bytes) -> tuple[str, int]:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, len(mark)
    head = data[:4]
    if len(head) == 4 and head.count(0) >= 2:  # noqa: PLR2004 - the first character of UTF-32 or UTF-16
        zeros = tuple(byte == 0 for byte in head)
        return _GUESSES.get(zeros, "utf-8"), 0
    return "utf-8", 0


_GUESSES: dict[tuple[bool, ...], str] = {
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
}


def _not_utf8(data: bytes, start: int) -> Flaw:
    before = data[:start].decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    seen = data[start : start + 1].decode("cp1252", "replace")
    message = f"this character is not UTF-8 (byte 0x{data[start]:02X})"
    if seen.isalnum() or seen in _TYPOGRAPHY:
        message += f"; the file is probably saved as Windows-1252 (Latin-1), where it is '{seen}'"
    return Flaw(line, column, "E010", message, _SAVE)
