"""All limits of one service, kept as long as the process: reloads do not reset them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from runner.egress.policy.breaker import Breaker, State
from runner.egress.policy.budget import Budget
from runner.egress.policy.rate import RateLimiter
from runner.egress.policy.turns import Turns
from runner.schema.services import Service
from runner.schema.types.measures import RateLimit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request has to pass before it is sent."""

    turns: Turns
    rate: RateLimiter | None = None
    breaker: Breaker | None = None

    async def run(
        self, send: Callable[[], Awaitable[T]], server: str, patience: float, budget: Budget
    ) -> T:
        """Send as soon as the service may be asked, and learn from how that ends.

        Args:
            send: sends one request.
            server: host and port, for errors.
            patience: seconds that it waits for others to be done.
            budget: the time of the whole call.

        Raises:
            RequestError: it may not be asked, or not in time; or how the request ended.
        """
        if self.breaker is None:
            return await self._in_turn(send, server, patience, budget)
        with self.breaker.guarding():
            return await self._in_turn(send, server, patience, budget)

    async def _in_turn(
        self, send: Callable[[], Awaitable[T]], server: str, patience: float, budget: Budget
    ) -> T:
        if self.rate is not None:
            await self.rate.turn(budget)
        await self.turns.take(server, budget.of(patience))
        try:
            return await send()
        finally:
            self.turns.give_back()


_Known = tuple[str, str]
"""A service by its name and address: in many folders, two may have one name."""


@dataclass(slots=True)
class ServiceLimits:
    """The limits of all services of a process.

    What has not changed goes on when the files have: a service that is being reloaded is not asked
    more often than before.
    """

    _turns: dict[tuple[_Known, int], Turns] = field(default_factory=dict)
    _rates: dict[tuple[_Known, RateLimit], RateLimiter] = field(default_factory=dict)
    _breakers: dict[tuple[_Known, int, float], Breaker] = field(default_factory=dict)
    _servers: defaultdict[str, Limits] = field(
        default_factory=lambda: defaultdict(lambda: Limits(Turns()))
    )

    def of_server(self, server: str) -> Limits:
        """The limits of a server that is no service's: only so many requests at once."""
        return self._servers[server]

    def of(self, name: str, service: Service) -> Limits:
        """The limits of a service."""
        known = (name, str(service.url))
        rate = breaker = None
        if service.rate_limit is not None:
            key = (known, service.rate_limit)
            if key not in self._rates:
                self._rates[key] = RateLimiter(name, service.rate_limit)
            rate = self._rates[key]
        if service.breaker:
            failures, open_for = service.breaker.failures, service.breaker.open_for
            breaker = self._breakers.setdefault(
                (known, failures, open_for), Breaker(name, failures, open_for)
            )
        turns = self._turns.setdefault(
            (known, service.max_concurrent), Turns(service.max_concurrent)
        )
        return Limits(turns, rate, breaker)

    def states(self) -> Iterator[tuple[str, State]]:
        """Each service that has a breaker, and the state of it."""
        for breaker in self._breakers.values():
            yield breaker.service, breaker.state
