"""A time within which a plugin has to be done: what it does on this thread is broken off."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Final

BUILD: Final = 10.0
"""Seconds that a plugin's `build` may take."""


class TooLongError(BaseException):
    """A plugin was not done in time. No `except Exception` of its own holds it up."""


@contextlib.contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Break off what runs here once it has taken so long.

    Signals reach the main thread alone, on which plugins are built; on another one nothing is
    broken off. What waits in C without looking at signals is for the watchdog of the process.

    Raises:
        TooLongError: it took longer.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(_number: int, _frame: FrameType | None) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGALRM, over)
    begun, (left, every) = time.monotonic(), signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # somebody else's alarm goes on
            rest = left - (time.monotonic() - begun)
            signal.setitimer(signal.ITIMER_REAL, max(rest, 0.001), every)
