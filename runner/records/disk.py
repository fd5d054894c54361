"""Why a file cannot be written or read, in words, with what a person can do."""

from __future__ import annotations

import errno
import sqlite3
from dataclasses import dataclass
from typing import Final

SQLITE: Final = {
    sqlite3.SQLITE_BUSY: ("another program keeps it locked", None),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "let lkrun write in its folder"),
    sqlite3.SQLITE_CORRUPT: ("it is damaged", "move it away: lkrun begins a new one"),
    sqlite3.SQLITE_FULL: ("the disk is full", "make room on it"),
    sqlite3.SQLITE_IOERR: ("the disk cannot be read or written", None),
    sqlite3.SQLITE_NOTADB: ("it is no SQLite database", "move it away: lkrun begins a new one"),
    sqlite3.SQLITE_PERM: ("it may not be written", "let lkrun write it"),
    sqlite3.SQLITE_READONLY: ("it may not be written", "let lkrun write it"),
}
"""SQLite's result codes (https://sqlite.org/rescode.html) in words, with what to do."""

_SYSTEM: Final = {
    errno.ENOSPC: SQLITE[sqlite3.SQLITE_FULL],
    errno.EDQUOT: SQLITE[sqlite3.SQLITE_FULL],
}
_ELSEWHERE: Final = "name a folder in runner.data_dir that lkrun may write in"


@dataclass(frozen=True, slots=True)
class DiskTrouble:
    """Why something is not on the disk.

    Attributes:
        words: the cause, in plain words.
        help: what a person can do.
    """

    words: str
    help: str | None


def disk_trouble(error: OSError | sqlite3.Error) -> DiskTrouble:
    """Say what an error of a file means."""
    if isinstance(error, OSError):
        words, hint = _SYSTEM.get(error.errno or 0, (error.strerror or str(error), _ELSEWHERE))
        return DiskTrouble(words, hint)
    code = getattr(error, "sqlite_errorcode", -1) & 0xFF
    return DiskTrouble(*SQLITE.get(code, (str(error), None)))
