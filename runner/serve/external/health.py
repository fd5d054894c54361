"""Whether the programs of external agents work: asked every half a minute."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from runner.egress.trouble import RequestError
from runner.external.addresses import health_of

if TYPE_CHECKING:
    from runner.egress.client import HttpEgress
    from runner.schema.external_agents import ExternalAgent
    from runner.serve.log import Log
    from runner.serve.releases.served import Releases

EVERY: Final = 30.0
"""Seconds between two questions."""

PATIENCE: Final = 5.0
"""Seconds in which one has to be answered."""

FAILURES: Final = 3
"""After so many in a row a program is not called."""


@dataclass(slots=True)
class _State:
    failures: int = 0
    error: str = ""
    asked: bool = False
    milliseconds: float | None = None


class Health:
    """Asks the addresses of external agents, those with `health_url`.

    Attributes:
        milliseconds: address for jobs → how fast its host answered, of those that work.
    """

    def __init__(self, releases: Releases, egress: HttpEgress, log: Log) -> None:
        self._releases, self._egress, self._log = releases, egress, log
        self._states: dict[tuple[str, str], _State] = {}

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Ask all once."""
        served = self._releases.current.external_agents
        wanted = {
            (name, address): health_of(address, str(spec.webhook_url), str(spec.health_url))
            for name, spec in served.items()
            if spec.health_url is not None
            for address in _addresses(spec)
        }
        self._states = {key: self._states.get(key, _State()) for key in wanted}
        await asyncio.gather(*(self._ask(*key, url) for key, url in wanted.items()))

    async def _ask(self, name: str, address: str, url: str) -> None:
        state, begun = self._states[name, address], time.perf_counter()
        error = ""
        try:
            await self._egress.probe(url, PATIENCE)
        except RequestError as trouble:
            error = trouble.error
        state.asked = True
        state.milliseconds = None if error else (time.perf_counter() - begun) * 1000
        failed = state.failures + 1 if error else 0
        state.error = error
        if failed == FAILURES:
            words = f"{name} does not work: its calls go to the fallback until it does: {error}"
            self._log.event("external_unhealthy", words, level="error", agent=name, error=error)
        elif not error and state.failures >= FAILURES:
            self._log.event("external_healthy", f"{name} works again", agent=name)
        state.failures = failed

    @property
    def milliseconds(self) -> dict[str, float]:
        """Address for jobs → in which its host answered last."""
        return {
            address: state.milliseconds
            for (_, address), state in self._states.items()
            if state.milliseconds is not None
        }

    def problem(self, name: str) -> str | None:
        """Why a program is not called, or None."""
        states = [state for (owner, _), state in self._states.items() if owner == name]
        if not states or any(state.failures < FAILURES for state in states):
            return None
        return f"its health was asked {states[0].failures} times in vain: {states[0].error}"

    def to_data(self, name: str) -> dict[str, Any]:
        """What is known of one."""
        states = [state for (owner, _), state in self._states.items() if owner == name]
        if not states or not any(state.asked for state in states):
            return {"state": "unknown", "failures": 0, "error": None, "ms": None}
        best = min(states, key=lambda state: state.failures)
        milliseconds = None if best.milliseconds is None else round(best.milliseconds, 1)
        return {
            "state": "unhealthy" if best.failures >= FAILURES else "healthy",
            "failures": best.failures,
            "error": best.error or None,
            "ms": milliseconds,
        }


def _addresses(spec: ExternalAgent) -> list[str]:
    return [str(url) for url in spec.regions.values()] or [str(spec.webhook_url)]
