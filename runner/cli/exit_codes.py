"""What the exit code of a command means."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """Exit codes, the same in all commands."""

    FINE = 0
    FINDINGS = 1
    WRONG_USE = 2
    BUG = 3
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """What a person is told of it."""
        return _MEANINGS[self]


_MEANINGS: Final = {
    ExitCode.FINE: "everything is fine; of `serve`: it stopped when it was told to",
    ExitCode.FINDINGS: "something is wrong in what was looked at: files with mistakes, a missing"
    " secret, a conversation or a server that cannot start",
    ExitCode.WRONG_USE: "the command was used wrongly: an option, a name or a folder that is not"
    " there",
    ExitCode.BUG: "a bug in lkrun: one line, and the path of a report file that can be sent",
    ExitCode.INTERRUPTED: "it was interrupted with Ctrl-C",
}
