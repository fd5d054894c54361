"""Which personas, handoffs, intents and tools no test reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from runner.link.release import AgentRelease
from runner.testing.turn import Event

Reached = frozenset[tuple[str, str]]
"""(kind, name): `persona` and `tool` by `agent/name`, `handoff` by `agent/from → to`, `intent` by
`agent/persona/name`; the agent's own intents count once, whichever persona speaks."""


def reached(agent: str, runs: Iterable[Sequence[Event]]) -> Reached:
    """What talks with an agent came past."""
    return frozenset(each for events in runs for event in events for each in _of(agent, event))


def _intents(name: str, release: AgentRelease) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Each intent as it is told, with the names by which tests come past it."""
    for persona, spec in release.personas.items():
        for intent in spec.intents:
            yield "intent", f"{name}/{persona}/{intent}", frozenset({f"{name}/{persona}/{intent}"})
    for intent in release.agent.intents:
        having = [n for n, spec in release.personas.items() if intent not in spec.intents]
        if having:
            yield "intent", f"{name}/{intent}", frozenset(f"{name}/{n}/{intent}" for n in having)


def _of(agent: str, event: Event) -> Iterator[tuple[str, str]]:
    if event.get("persona"):
        yield "persona", f"{agent}/{event['persona']}"
    if event["type"] == "intent":
        yield "intent", f"{agent}/{event['persona']}/{event['name']}"
    elif event["type"] == "tool_call":
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
    for kind, name, ways in there:
        if not any((kind, way) in seen for way in ways):
            missed.setdefault(kind, []).append(name)
    return Coverage(len(there), missed)


def _there(name: str, release: AgentRelease) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Kind and name of all that there is, with the names by which tests come past it."""
    yield from _intents(name, release)
    for kind, reachable in _single(name, release):
        yield kind, reachable, frozenset({reachable})


def _single(name: str, release: AgentRelease) -> Iterator[tuple[str, str]]:
    for persona, spec in release.personas.items():
        yield "persona", f"{name}/{persona}"
        for target in dict.fromkeys(map(str, (*release.agent.handoffs, *spec.handoffs))):
            if target != persona:
                yield "handoff", f"{name}/{persona} → {target}"
    for tool in release.tools:
        yield "tool", f"{name}/{tool}"
