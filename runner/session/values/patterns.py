"""Regular expressions of authors against texts of callers, bounded in time."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

LONGEST = 256
"""Characters of a text that a pattern is tried on."""

SECONDS = 0.1


class _TooLongError(Exception):
    pass


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def matches(pattern: str, text: str) -> bool:
    """Whether all of a text matches; one that is too long, or takes too long, does not.

    A pattern such as `(a+)+b` can take for ever. Python's matcher looks for signals on its way, so
    an alarm ends it in the main thread, where conversations run; elsewhere only the length does it.
    """
    if len(text) > LONGEST:
        return False
    try:
        with _alarm():
            return _compiled(pattern).fullmatch(text) is not None
    except (_TooLongError, RecursionError):
        return False


@contextmanager
def _alarm() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, interval)
        signal.signal(signal.SIGALRM, before)


def _ring(_number: int, _frame: Any) -> None:
    raise _TooLongError
