"""How many files the system lets this process open, and how many of them are the front's."""

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
    """Raise the limit of open files; says how many may be the front's."""
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
