"""A table as spreadsheets save it: its bytes as text, in whichever encoding."""

from __future__ import annotations

import codecs
import hashlib
from typing import Final

from runner.source.reading import TextProblem, read
from runner.source.textfile import TextFile

LARGEST: Final = 32 * 1024 * 1024
"""Bytes of a table."""

_WIDE: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SPREADSHEETS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How the files of spreadsheet programs begin: .xlsx and .ods, .xls."""


def table_of(location: str, path: str, name: str) -> TextFile | TextProblem | None:
    """Return the text of a table, what is wrong with it, or None where there is none.

    Excel saves "Unicode text" as UTF-16, "CSV UTF-8" with a byte order mark, and plain "CSV" in the
    code page of the machine, of which Windows-1252 is the usual one.

    Args:
        location: where the system finds it.
        path: below the folder.
        name: as it is written.
    """
    data = read(location, f"'{name}'", LARGEST)
    if data is None or isinstance(data, TextProblem):
        return data
    if data.startswith(_SPREADSHEETS):
        hint = "in the spreadsheet, save it as CSV (File, Save as), and name that file"
        return TextProblem("E007", f"'{name}' is a file of a spreadsheet program, not CSV", hint)
    text = _decoded(data)
    if text is None or "\0" in text:
        hint = "in the spreadsheet, save it as CSV UTF-8 (File, Save as)"
        return TextProblem("E007", f"'{name}' is not a table of text", hint)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return TextFile(path, text, hashlib.sha256(data).hexdigest())


def _decoded(data: bytes) -> str | None:
    wide = next((encoding for mark, encoding in _WIDE if data.startswith(mark)), None)
    if wide is None and b"\0" in data[:64]:  # UTF-16 without its mark: each other byte is zero
        wide = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    try:
        return data.decode(wide or "utf-8-sig")
    except UnicodeDecodeError:
        return None if wide is not None else data.decode("cp1252", "replace")
