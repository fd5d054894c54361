"""How long each part of a request takes, for people who want to know."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

PHASES: Final = ("look up", "connect", "TLS", "send", "wait", "read")
"""In the order in which they happen; one that a warm connection spares is not there."""

_EVENTS: Final = {
    "connection.connect_tcp": "connect",
    "connection.start_tls": "TLS",
    "http11.send_request_headers": "send",
    "http11.send_request_body": "send",
    "http11.receive_response_headers": "wait",
    "http11.receive_response_body": "read",
}
"""httpcore's own event → the phase that it is part of."""

_current: ContextVar[Stopwatch | None] = ContextVar("stopwatch", default=None)


class Stopwatch:
    """Takes the time of one request."""

    def __init__(self) -> None:
        """Begin; nothing has happened yet."""
        self._begun: dict[str, float] = {}
        self._took: defaultdict[str, float] = defaultdict(float)

    @property
    def ms(self) -> dict[str, float]:
        """Phase → milliseconds; an address needs no look-up, and a warm connection none."""
        took = {phase: round(self._took[phase] * 1000, 1) for phase in PHASES}
        return {phase: ms for phase, ms in took.items() if ms > 0}

    async def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        """Hear what httpcore does (its extension `trace`)."""
        name, _, state = event.rpartition(".")
        phase = _EVENTS.get(name)
        if phase is None:
            return
        if state == "started":
            self._begun[name] = time.perf_counter()
        elif name in self._begun:
            self._took[phase] += time.perf_counter() - self._begun.pop(name)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Take the time of what this task does meanwhile."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def looked_up(self, seconds: float) -> None:
        """Take the look-up out of the connecting, of which it is a part for httpcore."""
        self._took["look up"] += seconds
        self._took["connect"] -= seconds


@contextmanager
def looking_up() -> Iterator[None]:
    """Take the time of a look-up."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        stopwatch = _current.get()
        if stopwatch is not None:
            stopwatch.looked_up(time.perf_counter() - begun)
