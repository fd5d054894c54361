"""Trying again: which failures, after how long, and only within the budget."""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

import stamina

from runner.egress.policy.budget import Budget
from runner.egress.trouble import RequestError

T = TypeVar("T")

PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed a moment later."""

_FIRST: Final = 0.2
_LONGEST: Final = 2.0
"""Seconds: the first wait is random below the first, each further one below twice as much."""

_LEAST: Final = 0.05
"""Seconds that an attempt needs at least; with less it does not begin."""

logging.getLogger("stamina").setLevel(logging.ERROR)  # below it each wait is logged, with its cause


@dataclass(slots=True)
class Retry:
    """Decides whether, and after how long, the next attempt of one call begins.

    Attributes:
        retries: so many attempts after the first.
        budget: the time for all of them.
    """

    retries: int
    budget: Budget
    _failed: int = 0

    async def run(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until it succeeds, or there is no use or no time.

        Raises:
            RequestError: how the last attempt ended.
        """
        if not self.retries:
            return await attempt()
        tries = stamina.retry_context(on=self._wait, attempts=self.retries + 1, timeout=None)
        async for each in tries:
            with each:
                return await attempt()
        raise AssertionError  # stamina raises what the last attempt raised

    def _wait(self, error: Exception) -> bool | float:
        """Seconds until the next attempt; no where there shall be none."""
        if not isinstance(error, RequestError) or not error.passing:
            return False
        wait = error.retry_after
        if wait is None:
            wait = random.uniform(0, min(_LONGEST, _FIRST * 2**self._failed))  # noqa: S311 - full jitter is no secret
        self._failed += 1
        # an attempt without time fails, and hides why those before it did
        return wait if wait + _LEAST < self.budget.left else False


def retry_after(header: str, now: float) -> float | None:
    """Read `Retry-After` (RFC 9110, section 10.2.3): seconds from now; None where it is neither.

    Args:
        header: seconds or a date.
        now: Unix time.
    """
    text = header.strip()
    if text.isdecimal() and text.isascii():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return None
