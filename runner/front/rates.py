"""A limit of requests: a token bucket for each token or address."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from runner.front.problems import HttpProblem

MOST: Final = 10_000
"""Buckets that are kept; of more, those that were used last."""

_NETWORK: Final = 64
"""Bits of an IPv6 address that one customer of a provider has."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds."""

    count: int
    seconds: float


class Buckets:
    """Counts requests; a bucket is full at first, and fills up evenly."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the clock."""
        self._clock = clock
        self._rate: Rate | None = None
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, who: Hashable, rate: Rate) -> None:
        """Count a request.

        Raises:
            HttpProblem: there were too many (429).
        """
        if rate != self._rate:
            self._rate = rate
            self._left.clear()
        now = self._clock()
        left, since = self._left.pop(who, (float(rate.count), now))
        left = min(rate.count, left + (now - since) * rate.count / rate.seconds)
        self._left[who] = (left - 1 if left >= 1 else left, now)
        while len(self._left) > MOST:
            self._left.popitem(last=False)
        if left < 1:
            raise _too_many(rate, (1 - left) * rate.seconds / rate.count)


def network(address: str | None) -> str:
    """Who asks from an address: of IPv6, all that one customer has."""
    try:
        known = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if known.version == 4:  # noqa: PLR2004 - the number says it
        return str(known)
    return str(ipaddress.ip_network((known, _NETWORK), strict=False))


def _too_many(rate: Rate, seconds: float) -> HttpProblem:
    wait = max(1, math.ceil(seconds - 1e-9))
    message = f"these are more than {rate.count} requests in {rate.seconds:g} seconds"
    hint = f"ask again in {wait} {'second' if wait == 1 else 'seconds'}"
    return HttpProblem(429, "too_many_requests", message, hint, {"Retry-After": str(wait)})
