"""What the suites of all kinds have in common."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest
from livekit.agents import APIConnectOptions, APIError

ONCE = APIConnectOptions(max_retry=0, timeout=10.0)
"""Connection options of one attempt."""


class Suite:
    """What the suites have in common.

    Attributes:
        patience: seconds that one test may take.
        grace: seconds in which something has to stop, and tasks to end once all is closed.
    """

    patience: ClassVar[float] = 30.0
    grace: ClassVar[float] = 2.0

    def make(self) -> Any:
        """Make the object, within a running event loop."""
        raise NotImplementedError

    def broken(self) -> Any:
        """Make one whose service fails; None: there is none."""
        return None

    @asynccontextmanager
    async def _made(self, make: Callable[[], Any] | None = None) -> AsyncIterator[Any]:
        made = (make or self.make)()
        try:
            yield made
        finally:
            await made.aclose()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        async def whole() -> None:
            before = asyncio.all_tasks()
            async with asyncio.timeout(self.patience):
                await work
            left = asyncio.all_tasks() - before
            if left:
                await asyncio.wait(left, timeout=self.grace)
            still = [task.get_name() for task in left if not task.done()]
            assert not still, f"tasks are left behind: {', '.join(still)}"

        asyncio.run(whole())

    def _run_broken(self, use: Callable[[Any], Coroutine[Any, Any, Any]]) -> None:
        async def work() -> None:
            made = self.broken()
            if made is None:
                pytest.skip("no broken service was given")
            try:
                with pytest.raises(APIError):
                    await use(made)
            finally:
                await made.aclose()

        self._run(work())

    def test_it_closes(self) -> None:
        """It can be closed without having been used, and closed again."""

        async def work() -> None:
            async with self._made() as made:
                await made.aclose()

        self._run(work())
