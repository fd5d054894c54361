"""The signals that end the runner, and the one that has it look at its files."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Final

_ENDING: Final = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """Brings signals into the event loop.

    Args:
        reload: called at `SIGHUP`. Where the terminal is gone on which the runner was started,
            `SIGHUP` says just that, and ends the runner.
    """

    def __init__(self, reload: Callable[[], object]) -> None:
        """Listen to nothing yet."""
        self._reload = reload
        self._on_terminal = sys.stderr.isatty()
        self._came: list[int] = []
        self._taken = 0
        self._news = asyncio.Event()

    def listen(self) -> None:
        """Listen until `deafen`, beginning in the running loop.

        With Python's own handlers, not the loop's: what comes while the loop ends counts as well.
        """
        loop = asyncio.get_running_loop()

        def wake(work: Callable[[], object]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(work)

        def end(number: int, _: object) -> None:
            self._came.append(number)
            wake(self._news.set)

        for number in _ENDING:
            signal.signal(number, end)
        signal.signal(signal.SIGHUP, lambda *_: wake(self._hung_up))

    async def next(self) -> int:
        """The next signal to end."""
        while self._taken == len(self._came):
            self._news.clear()
            await self._news.wait()
        self._taken += 1
        return self._came[self._taken - 1]

    def deafen(self) -> bool:
        """Listen no more; says whether Ctrl-C was pressed after the first signal, up to now.

        All is done: one more signal must not make it an exit by a signal.
        """
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        return signal.SIGINT in self._came[1:]

    def _hung_up(self) -> None:
        if self._on_terminal and not _has_terminal():
            self._came.append(signal.SIGTERM)
            self._news.set()
        else:
            self._reload()


def _has_terminal() -> bool:
    """Whether the terminal of this process is still there."""
    try:
        os.tcgetpgrp(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return True
