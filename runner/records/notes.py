"""What is noted of a session as it goes on: plain data, a line each, for the disk."""

from __future__ import annotations

from typing import Any, Final

BEGAN, EVENT, TURN, REPORT, ENDED, ALONE = "began", "event", "turn", "report", "ended", "alone"
OPT_OUT = "opt_out"
"""The kinds, as they stand under `note`."""

Note = dict[str, Any]
"""A note: its kind, the moment `at` in seconds since 1970, and what it says."""

VERSION: Final = 1
"""Of their shape: a runner that is newer reads what an older one has left."""


def note(kind: str, at: float, /, **says: Any) -> Note:
    """Make one."""
    return {"note": kind, "at": round(at, 3), "version": VERSION, **says}
