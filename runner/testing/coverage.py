"""Which personas, handoffs and tools no test reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from runner.link.release import AgentRelease
from runner.testing.turn import Event

Reached = frozenset[tuple[str, str]]
"""(kind, name): `persona` and `tool` by `agent/name`, `handoff` by `agent/from → to`."""


def reached(agent: str, runs: Iterable[Sequence[Event]]) -> Reached:
    """What talks with an agent came past."""
    return frozenset(each for events in runs for event in events for each in _of(agent, event))


def _of(agent: str, event: Event) -> Iterator[tuple[str, str]]:
    if event.get("persona"):
        yield "persona", f"{agent}/{event['persona']}"
    if event["type"] == "tool_call":
        yield "tool", f"{agent}/{event['name']}"
    elif event["type"] == "handoff":
        yield "handoff", f"{agent}/{event['from']} → {event['to']}"
        yield "persona", f"{agent}/{event['to']}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much tests reach.

    Attributes:
        total: how much there is to reach.
        missed: kind → what no test reaches.
    """

    total: int
    missed: Mapping[str, Sequence[str]]

    @property
    def percent(self) -> float:
        """How much of it is reached."""
        missing = sum(map(len, self.missed.values()))
        return 100.0 * (self.total - missing) / self.total if self.total else 100.0


def coverage(agents: Mapping[str, AgentRelease], seen: Reached) -> Coverage:
    """Compare what tests came past with what there is."""
    there = [each for name, agent in agents.items() for each in _there(name, agent)]
    missed: dict[str, list[str]] = {}
    for kind, name in there:
        if (kind, name) not in seen:
            missed.setdefault(kind, []).append(name)
    return Coverage(len(there), missed)


def _there(name: str, release: AgentRelease) -> Iterator[tuple[str, str]]:
    for persona, spec in release.personas.items():
        yield "persona", f"{name}/{persona}"
        for target in dict.fromkeys(map(str, (*release.agent.handoffs, *spec.handoffs))):
            if target != persona:
                yield "handoff", f"{name}/{persona} → {target}"
    for tool in release.tools:
        yield "tool", f"{name}/{tool}"
