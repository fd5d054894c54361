"""A rate: so many requests to a service in a stretch of time."""

from __future__ import annotations

import asyncio
from typing import Final

from aiolimiter import AsyncLimiter

from runner.egress.policy.budget import Budget
from runner.egress.trouble import BUSY, RequestError
from runner.schema.types.measures import RateLimit

LONGEST_WAIT: Final = 1.0
"""Seconds that a request waits for its turn: a caller hears nothing meanwhile."""


class RateLimiter:
    """Lets so many requests pass; more wait for a moment, and then fail as busy."""

    def __init__(self, service: str, rate: RateLimit) -> None:
        """Take whose rate it is. Belongs to one event loop."""
        self._service = service
        self._rate = rate
        self._limiter = AsyncLimiter(rate.count, rate.seconds)

    async def turn(self, budget: Budget) -> None:
        """Wait for a turn.

        Raises:
            RequestError: there is none in time.
        """
        patience = budget.of(LONGEST_WAIT)
        try:
            async with asyncio.timeout(patience):
                await self._limiter.acquire()
        except TimeoutError:
            raise RequestError(
                f"service '{self._service}' is asked {self._rate} at most, "
                f"and there was no turn within {patience:.1g}s",
                BUSY,
            ) from None
