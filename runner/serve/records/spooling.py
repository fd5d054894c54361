"""Notes on their way to the disk: in a thread of its own, so that no call waits for a disk."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from runner.records.disk import DiskTrouble, disk_trouble
from runner.records.spool import Noted

if TYPE_CHECKING:
    from runner.records.spool import RecordSpool

_AT_ONCE: Final = 1000
"""Notes that are written together."""

_HELD: Final = 20_000
"""Notes that are held in memory while the disk takes none; of more, the newest are lost."""

_PAUSE: Final = 1.0
"""Seconds until a disk that took nothing is tried again."""

_NO_ROOM: Final = DiskTrouble(
    "as much waits there as may wait", "see to it that the database takes what waits"
)

_Work = Noted | asyncio.Future[None] | None
"""Notes; who waits for those before; None: it is over."""


class Spooling:
    """Writes notes in their order.

    Args:
        spool: where to.
        trouble: told, from its thread, why nothing could be written, and None when it can again.
        on_over: told, from its thread, that a session is over and on the disk.

    Attributes:
        lost: notes for which there was no room, or no disk.
    """

    def __init__(
        self,
        spool: RecordSpool,
        trouble: Callable[[DiskTrouble | None], None],
        on_over: Callable[[], None],
    ) -> None:
        """Begin."""
        self._spool, self._trouble, self._on_over = spool, trouble, on_over
        self._work: queue.SimpleQueue[_Work] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._held: list[Noted] = []
        self._ending = threading.Event()
        self.lost = 0
        self._thread = threading.Thread(target=self._run, name="records-spool", daemon=True)
        self._thread.start()

    def put(self, noted: Noted) -> None:
        """Have it written."""
        self._work.put(noted)

    async def written(self, within: float) -> bool:
        """Wait until all that was put is on the disk; whether it is within so many seconds."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._work.put(done)
        try:
            async with asyncio.timeout(within):
                await done
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        """Write what is left, and end."""
        self._ending.set()
        self._work.put(None)
        await asyncio.to_thread(self._thread.join, 2 * _PAUSE)

    def _run(self) -> None:
        while True:
            batch = self._next()
            self._held += [each for each in batch if isinstance(each, Noted)]
            self._write()
            for each in batch:
                if isinstance(each, asyncio.Future):
                    with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits
                        self._loop.call_soon_threadsafe(_done, each)
            if None in batch:
                return

    def _next(self) -> list[_Work]:
        try:
            first = self._work.get(timeout=_PAUSE if self._held else None)
        except queue.Empty:
            return []
        batch = [first]
        while len(batch) < _AT_ONCE and not self._work.empty():
            batch.append(self._work.get())
        return batch

    def _write(self) -> None:
        if not self._held:
            return
        try:
            lost = self._spool.add(self._held)
        except (OSError, sqlite3.Error) as error:
            self.lost += max(0, len(self._held) - _HELD)
            del self._held[_HELD:]
            self._trouble(disk_trouble(error))
            return
        over = any(each.over for each in self._held)
        self._held.clear()
        self.lost += lost
        self._trouble(_NO_ROOM if lost else None)
        if over:
            self._on_over()


def _done(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
