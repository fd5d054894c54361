"""What the system allows this process: many open files, and no core file with secrets in it."""

from __future__ import annotations

import contextlib
import resource
from typing import Final

from runner.front.wire import Limits

_WANTED: Final = 65_536
_RESERVE: Final = 0.5
"""Of all descriptors, the part that is kept for calls, files and services."""

_BURSTS: Final = 16
"""A crowd's connections are accepted in so many bursts, of which a few are open at once."""


def prepare() -> Limits:
    """Raise the limit of open files, forbid core files; says how many may be the front's."""
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
    if soft < most:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    return connections(soft)


def connections(descriptors: int) -> Limits:
    """How many connections the front may have, of so many descriptors."""
    usual = Limits()
    in_all = max(8, min(usual.in_all, int(descriptors * (1 - _RESERVE))))
    return Limits(
        in_all=in_all,
        per_address=max(4, min(usual.per_address, in_all * 3 // 4)),
        at_once=max(2, min(usual.at_once, descriptors // _BURSTS)),
    )
