"""Turns by text: whatever fails or hangs in one, it ends, and the caller is answered."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from livekit.agents import RunResult

from runner.session.call import Call
from runner.session.observers.failures import Failures

BEYOND = 10.0
"""Seconds beyond what a turn may take: then even what cannot be counted is given up."""


class TextTurns:
    """Has the turns of a conversation, one at a time.

    Args:
        call: the call.
        failures: answers the caller in place of what failed.
    """

    def __init__(self, call: Call, failures: Failures) -> None:
        """No turn has been had."""
        self._call, self._failures = call, failures
        self._stopped: asyncio.Task[None] | None = None

    async def attempt(self, work: Callable[[], Any]) -> None:
        """Do what may fail; then the caller is answered in its place."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever fails, the dialogue goes on
            if not self._failures.caller_knows and not self._call.over:
                self._failures.unexpected(error)

    async def run(self, text: str) -> None:
        """Have a turn. Whatever hangs in it, it ends; where nobody waits for it, it is stopped."""
        if self._stopped is not None:
            await asyncio.wait_for(self._stopped, BEYOND)
            self._stopped = None
        await self._call.tongue.heard(text)
        run: RunResult[Any] = self._call.session.run(user_input=text, output_options=None)
        try:
            async with asyncio.timeout(self._call.budget.whole + BEYOND):
                await run
        except (TimeoutError, asyncio.CancelledError):
            self._stopped = asyncio.get_running_loop().create_task(self._stop(run))
            raise

    async def _stop(self, run: RunResult[Any]) -> None:
        """Stop a turn; LiveKit begins another one only when it has ended."""
        with contextlib.suppress(Exception):
            await self._call.session.interrupt(force=True)
        with contextlib.suppress(Exception):
            await run
