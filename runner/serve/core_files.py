"""No copy of this process's memory, in which secrets are, on a disk or in a debugger."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
from typing import Final

DEBUGGED: Final = "LKRUN_DEBUGGED"
"""The variable by which the processes of calls know that a debugger may look at them."""

_PR_SET_DUMPABLE: Final = 4


def forbid() -> None:
    """Have the system write no core file, also where it hands them to a program.

    On Linux no process of the same user can then read this one's memory, files or environment:
    debuggers such as gdb, strace and py-spy need root. With `DEBUGGED` set they do not.
    """
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux" and not os.environ.get(DEBUGGED):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
