"""What main knows of external agents, whatever their jobs: as they are served, and how they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from runner.egress.policy.breaker import Breaker
from runner.external.addresses import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.schema.external_agents import ExternalAgent
    from runner.serve.external.health import Health
    from runner.serve.releases.served import Releases

FAILURES: Final = 5
OPEN_FOR: Final = 30.0
"""After so many failures in a row a program is left alone, for so many seconds."""


class ExternalServices:
    """The external agents that are served."""

    def __init__(self, releases: Releases, health: Health, env: Mapping[str, str]) -> None:
        self._releases, self._health, self._env = releases, health, env
        self._breakers: dict[str, Breaker] = {}
        self._gone: dict[str, str] = {}

    def spec(self, name: str) -> ExternalAgent | None:
        """An external agent as it is served now."""
        return self._releases.current.external_agents.get(name)

    def reloaded(self) -> None:
        """Another release is served: programs that said that they are gone are asked again."""
        self._gone.clear()

    def breaker(self, name: str) -> Breaker:
        """The breaker of an external agent."""
        return self._breakers.setdefault(name, Breaker(name, FAILURES, OPEN_FOR))

    def unavailable(self, name: str) -> str | None:
        """Why a program is not even asked, or None."""
        if name in self._gone:
            return self._gone[name]
        return self._health.problem(name)

    def patience(self, name: str) -> float | None:
        """Seconds in which a program, or its fallback, should be in a room; None: not external."""
        spec = self.spec(name)
        return None if spec is None else spec.deadline + 5.0

    def kinds(self, name: str) -> tuple[str, ...]:
        """For which kinds of jobs a name is registered; none: it is not an external agent."""
        spec = self.spec(name)
        return tuple(dict.fromkeys(spec.job_types)) if spec is not None else ()

    def address(self, spec: ExternalAgent) -> str:
        """To which of its addresses jobs of an external agent go now."""
        regions = {str(n): str(url) for n, url in spec.regions.items()}
        return chosen(
            str(spec.webhook_url), regions, self._env.get("LKRUN_REGION", ""),
            self._health.milliseconds,
        )  # fmt: skip

    def gone(self, name: str) -> bool:
        """Whether a program has said that it is gone."""
        return name in self._gone

    def health(self, name: str) -> dict[str, Any]:
        """What is known of the health of an external agent."""
        return self._health.to_data(name)
