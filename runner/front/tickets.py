"""Tickets: what a browser shows where it cannot send a header, as in the address of a stream."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Final

from runner.secret import NONE, Secret

SECONDS: Final = 60
"""How long a ticket is good."""

MOST: Final = 1000
"""Tickets at once; of more, the oldest are forgotten."""

PARAMETER: Final = "ticket"


class Tickets:
    """Tickets that were given and not yet shown; each is good once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the clock."""
        self._clock = clock
        self._given: dict[str, tuple[Secret[str], float]] = {}

    def give(self, token: Secret[str]) -> str:
        """Make a ticket for whoever sent a token, an empty one where none is wanted."""
        while len(self._given) >= MOST:
            del self._given[next(iter(self._given))]
        ticket = secrets.token_urlsafe(24)
        self._given[ticket] = (token, self._clock() + SECONDS)
        return ticket

    def take(self, ticket: str) -> Secret[str] | None:
        """The token that a ticket was given for, if it is one; it is none from now on."""
        token, until = self._given.pop(ticket, (NONE, 0.0))
        return token if self._clock() < until else None
