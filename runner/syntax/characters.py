"""Bytes to a clean text: its encoding, line breaks, and characters that nobody can see."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from runner.diagnostics import Diagnostic, Span

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
_SAVE = "save the file again as UTF-8 (most editors: Save as, Encoding: UTF-8)"

UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060\u2066-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
"""What no text may hold. The joiners U+200C and U+200D stay: Persian, Indic scripts and emoji are written with them."""

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
class Decoded:
    """A file's text with `\\n` as its only line break, and what was wrong with its bytes."""

    text: str
    diagnostics: tuple[Diagnostic, ...]


def decode(file: str, data: bytes) -> Decoded:
    """Return the text of `data`, read as what it most likely is where it is not UTF-8 (with a diagnostic)."""
    encoding, skip = _encoding(data)
    problem: Diagnostic | None = None
    if encoding == "utf-8":
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            problem = _not_utf8(file, data, error.start)
            text = data[skip:].decode("cp1252", "replace")
    else:
        text = data[skip:].decode(encoding, "replace").removeprefix("\ufeff")
        message = f"this file is saved as {_NAMES[encoding]}, not as UTF-8"
        problem = Diagnostic(Span(file), "E010", message, _SAVE)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Decoded(text, (problem,) if problem else ())


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


_GUESSES = {
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
}


def _not_utf8(file: str, data: bytes, start: int) -> Diagnostic:
    before = data[:start].decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    span = Span(file, line, column, line, column + 1)
    seen = data[start : start + 1].decode("cp1252", "replace")
    message = f"this character is not UTF-8 (byte 0x{data[start]:02X})"
    if seen.isalnum() or seen in "€“”‘’–—…«»°§":
        message += f"; the file is probably saved as Windows-1252 (Latin-1), where it is '{seen}'"
    return Diagnostic(span, "E010", message, _SAVE)
