"""How long is waited between attempts: full jitter, and never beyond the deadline."""

from __future__ import annotations

import random
from typing import Final

LEAST: Final = 0.1
"""Seconds that an attempt needs at least; with less it does not begin."""


def wait(
    attempt: int, initial: float, longest: float, left: float, retry_after: float | None = None
) -> float | None:
    """Seconds until the next attempt; None where there is no time for one.

    Args:
        attempt: the number of the one that failed, from 0.
        initial: seconds: what the first wait is below.
        longest: what each wait is below.
        left: seconds until the deadline.
        retry_after: seconds that the program wants.
    """
    seconds = retry_after
    if seconds is None:
        seconds = random.uniform(0, min(longest, initial * 2 ** min(attempt, 30)))  # noqa: S311 - it spreads attempts, no more
    return seconds if seconds + LEAST < left else None


def reserve(deadline: float) -> float:
    """Seconds of a deadline that are left for the fallback to come."""
    return min(2.0, deadline * 0.2)
