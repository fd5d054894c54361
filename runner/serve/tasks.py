"""Tasks that run beside: held until they are done, and ended together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_log = logging.getLogger("lkrun")


class Tasks:
    """Those of one owner. What fails in one is logged, and ends no other."""

    def __init__(self) -> None:
        self._on: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something until it is done, or `cancel`."""
        task = asyncio.get_running_loop().create_task(work)
        self._on.add(task)
        task.add_done_callback(self._done)
        return task

    async def finished(self) -> None:
        """Return when all are done."""
        while self._on:
            await asyncio.wait(self._on)

    async def cancel(self) -> None:
        """Cancel all, and return when they have ended."""
        for task in self._on:
            task.cancel()
        await asyncio.gather(*self._on, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._on.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a part of the runner stopped: %s", error)
            _log.debug("the error", exc_info=error)
