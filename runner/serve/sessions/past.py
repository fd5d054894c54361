"""Sessions that have ended, kept for a while for who wants to read them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from runner.serve.sessions.event_log import EventLog

HOUR: Final = 3600.0
"""Seconds for which a session can be read after its end."""

_MOST: Final = 1000
_MOST_BYTES: Final = 64 * 1024 * 1024


class EndedSession(Protocol):
    """What is kept of a session: its events, and what it came to know."""

    id: str
    events: EventLog
    variables: dict[str, Any]


SessionT = TypeVar("SessionT", bound=EndedSession)


@dataclass(frozen=True, slots=True)
class _Kept(Generic[SessionT]):
    call: SessionT
    since: float
    size: int


class PastSessions(Generic[SessionT]):
    """The last sessions: for an hour, and no more of them than there is room for.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept[SessionT]] = {}
        self._bytes = 0

    def keep(self, call: SessionT) -> None:
        """Keep one that has just ended."""
        size = call.events.pack() + len(json.dumps(call.variables, default=str))
        self._kept[call.id] = _Kept(call, self._clock(), size)
        self._bytes += size
        self._forget()

    def get(self, session: str, within: float = HOUR) -> SessionT | None:
        """One that has ended no longer ago than so many seconds."""
        self._forget()
        kept = self._kept.get(session)
        if kept is None or self._clock() - kept.since > within:
            return None
        return kept.call

    def _forget(self) -> None:
        """Let go of what is too old, and of the oldest where there is too much."""
        old = self._clock() - HOUR
        for name, kept in list(self._kept.items()):
            full = len(self._kept) > _MOST or self._bytes > _MOST_BYTES
            if kept.since >= old and not full:
                return
            del self._kept[name]
            self._bytes -= kept.size
