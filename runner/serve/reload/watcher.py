"""Watches the configuration folder: events only wake, a full look at the files is the truth.

Measured with watchfiles on Linux: an event's kind and path mislead (editors rename, Kubernetes
swaps a link), and a folder that is replaced or re-pointed gives no event at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from runner.source import Fingerprint, fingerprint

if TYPE_CHECKING:
    from pathlib import Path

TICK: Final = 2.0
"""Seconds after which the folder is looked at although nothing was heard of it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen.

    Attributes:
        files: the state of each file of the folder, and of the texts that these name.
        beside: what else counts, such as files of secrets.
    """

    files: Fingerprint
    beside: Hashable = None


class Watcher:
    """Tells when the files of a folder have changed and come to rest.

    Args:
        root: the folder; it may be replaced, be a link that is re-pointed, or be gone for a while.
        texts: the paths below it of the text files that count at the moment.
        beside: the state of what else counts; called in a thread.
    """

    def __init__(
        self,
        root: Path,
        texts: Callable[[], Iterable[str]],
        beside: Callable[[], Hashable] = lambda: None,
    ) -> None:
        """Look at nothing yet."""
        self._root = root
        self._texts = texts
        self._beside = beside
        self._woken = asyncio.Event()
        self._watched: tuple[int, ...] = ()
        self._replaced = asyncio.Event()

    def wake(self) -> None:
        """Look now, not at the next tick."""
        self._woken.set()

    def look(self) -> Look:
        """See how the files are; takes some 20 ms for a thousand."""
        return self.beside(fingerprint(self._root, self._texts()))

    def beside(self, files: Fingerprint) -> Look:
        """See only how what counts besides the files is."""
        return Look(files, self._beside())

    async def changed(self, known: Callable[[], Look | None], settle: Callable[[], float]) -> Look:
        """Return how the files are when that is not as they were known, and two looks agree.

        Args:
            known: how they were; None where nobody has looked yet.
            settle: seconds between the two looks: a file is often saved in steps.
        """
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await self._woken.wait()
            self._woken.clear()
            self._follow_root()
            seen = await asyncio.to_thread(self.look)
            if seen == known():
                continue
            seen = await self._settled(seen, settle)
            if seen != known():
                return seen

    async def _settled(self, before: Look, settle: Callable[[], float]) -> Look:
        while True:
            await asyncio.sleep(settle())
            now = await asyncio.to_thread(self.look)
            if now == before:
                return now
            before = now

    def _follow_root(self) -> None:
        if _identity(self._root) != self._watched:
            self._replaced.set()

    async def listen(self) -> None:
        """Wake at events of the file system, until cancelled."""
        from watchfiles import awatch

        while True:
            self._replaced.clear()
            self._watched = _identity(self._root)
            # no events (a file system without them, no watches left): the tick sees all the same
            with contextlib.suppress(OSError, RuntimeError):
                async for _ in awatch(
                    self._root,
                    watch_filter=None,
                    debounce=50,
                    step=20,
                    stop_event=self._replaced,
                    recursive=True,
                ):
                    self.wake()
            await self._replaced.wait()
            self.wake()


def _identity(root: Path) -> tuple[int, ...]:
    """What is another when the folder is replaced, or its link re-pointed; empty for none."""
    try:
        state = os.stat(root)  # noqa: PTH116 - asked every two seconds
    except OSError:
        return ()
    return state.st_dev, state.st_ino
