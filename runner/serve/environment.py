"""This process's environment while it serves: what the processes of calls may see.

They inherit it at their birth, through a forkserver too, which takes none by an argument. What
this process itself needs besides was read before.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Collection, Mapping

from runner.child_environment import HELD_BACK, held_back


def confine(wanted: Mapping[str, str], env: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Leave of an environment in this process only what is wanted.

    Args:
        wanted: what stays, or comes back.
        env: all that this process began with; what it has set itself since is left as it is.

    Returns:
        The names that are new, and those that are gone.
    """
    gone = sorted(n for n in os.environ if n in env and n not in {*wanted, HELD_BACK})
    new = sorted(n for n in wanted if n not in os.environ)
    for name in gone:
        _forget(name)
    os.environ.update({name: wanted[name] for name in new})
    os.environ[HELD_BACK] = held_back(env, wanted)
    return new, gone


def _forget(name: str) -> None:
    """Remove a variable, and its value from where the system keeps it for `/proc/PID/environ`.

    A child that runs as the same user could read that, and `unsetenv` leaves it there.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        getenv = ctypes.CDLL(None).getenv
        getenv.restype = ctypes.c_void_p
        place = getenv(os.fsencode(name))
        if place:
            ctypes.memset(place, 0, len(os.fsencode(os.environ[name])))
    os.environ.pop(name, None)


def named(new: Collection[str], gone: Collection[str], secrets: Collection[str]) -> list[str]:
    """What is new and gone, as reasons for new processes."""
    lost = [f"without the {'secret' if name in secrets else 'variable'} {name}" for name in gone]
    return [*lost, *(f"with the variable {name}" for name in new)]
