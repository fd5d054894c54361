"""Turns: so many requests to one server at the same time."""

from __future__ import annotations

import asyncio
from typing import Final

from runner.egress.trouble import BUSY, RequestError

AT_ONCE: Final = 10
"""Requests to one server at the same time, where no service says another number."""


class Turns:
    """Lets so many pass at once. Belongs to one event loop."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        """Take how many."""
        self._free = asyncio.Semaphore(at_once)

    async def take(self, server: str, patience: float) -> None:
        """Wait for a turn; whoever got one gives it back.

        Args:
            server: whose turn it is, for the error.
            patience: seconds.

        Raises:
            RequestError: there is none in time.
        """
        if not self._free.locked():
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(patience):
                await self._free.acquire()
        except TimeoutError:
            raise RequestError(
                f"{server} was busy with other requests for {patience:g}s", BUSY
            ) from None

    def give_back(self) -> None:
        """Let the next one pass."""
        self._free.release()
