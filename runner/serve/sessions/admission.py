"""Who is let in: how many calls an agent takes, and how busy this runner says it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from runner.schema.dispatch import Dispatch

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

    def refusal(self, agent: str, *, known: bool = False) -> str | None:
        """Why a call cannot be taken now, or None: `draining`, `unknown_agent` or `full`.

        Args:
            agent: which.
            known: whether there is such an agent, although it may not be served.
        """
        if self.draining:
            return "draining"
        current = self._releases.current
        if agent in current.external_agents:
            return None  # its program says itself when it is full
        if not known and agent not in current.agents:
            return "unknown_agent"
        return "full" if self.why_full(agent) is not None else None

    def why_full(self, agent: str, coming: int = 0, coming_in_all: int = 0) -> str | None:
        """Whose calls are as many as they may be, in words; None where there is room for more.

        Args:
            agent: whose.
            coming: calls of it that have been ordered and have not begun.
            coming_in_all: those of all agents.
        """
        limit, most = self._limit(agent), self.most_calls
        if limit is not None and self._count(agent) + coming >= limit:
            return "the agent has as many calls as it may have"
        full = most is not None and self.calls + coming_in_all >= most
        return "the runner has as many calls as it may have" if full else None

    @property
    def calls(self) -> int:
        """Calls that are on."""
        return len(self._calls.all("call"))

    @property
    def most_calls(self) -> int | None:
        """As many as may be on (`runner.capacity.max_calls`)."""
        return self._releases.current.process.capacity.max_calls

    @property
    def full(self) -> bool:
        """Whether this runner takes no call of any agent, since it has as many as it may have."""
        return self.most_calls is not None and self.calls >= self.most_calls

    def dispatch(self, agent: str) -> Dispatch:
        """Which rooms an agent joins."""
        release = self._releases.current.agents.get(agent)
        own = release.agent.dispatch if release is not None else None
        return own or Dispatch()

    def load(self, agent: str) -> float:
        """What is reported to LiveKit, by which it shares calls among runners."""
        total = self.calls
        shares = [total / (total + self._half)]
        if self.most_calls is not None:
            shares.append(min(1.0, total / self.most_calls))
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
