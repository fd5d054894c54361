"""Who is let in: how many calls an agent takes, and how busy this runner says it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.calls import Calls

BUSIEST: Final = 0.69
"""LiveKit gives a job to nobody at a load of 0.7 (`agents.target_load`), and never tries again."""

_CALLS_A_CORE: Final = 8
"""At so many calls a core this runner says that it is half as busy as can be."""


class Admission:
    """Decides about calls; load is our own count of calls, never the machine's CPU.

    Attributes:
        draining: nobody is let in any more.
    """

    def __init__(self, releases: Releases, calls: Calls) -> None:
        """Take what is served and what is on."""
        self._releases = releases
        self._calls = calls
        self._half = _CALLS_A_CORE * (os.cpu_count() or 1)
        self.draining = False

    def refusal(self, agent: str) -> str | None:
        """Why a call cannot be taken now, or None: `draining`, `unknown_agent` or `full`."""
        if self.draining:
            return "draining"
        release = self._releases.current.agents.get(agent)
        if release is None:
            return "unknown_agent"
        limit = self._limit(agent)
        return "full" if limit is not None and self._count(agent) >= limit else None

    def load(self, agent: str) -> float:
        """What is reported to LiveKit, by which it shares calls among runners."""
        total = len(self._calls.all("call"))
        shares = [total / (total + self._half)]
        limit = self._limit(agent)
        if limit is not None:
            shares.append(min(1.0, self._count(agent) / limit))
        return BUSIEST * max(shares)

    def _count(self, agent: str) -> int:
        return len(self._calls.all("call", agent))

    def _limit(self, agent: str) -> int | None:
        release = self._releases.current.agents.get(agent)
        limits = release.agent.limits if release else None
        return limits.max_calls if limits else None
