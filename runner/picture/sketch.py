"""What a picture shows, whichever form it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from runner.link.paths import Paths

LONGEST: Final = 56
"""Characters of a `when` that a picture shows."""


@dataclass(frozen=True, slots=True)
class Way:
    """A handoff.

    Attributes:
        when: when the model takes it; None where an action does.
        phrase: what the caller says, where an intent takes it.
    """

    source: str
    target: str
    when: str | None
    phrase: str | None = None

    @property
    def label(self) -> str:
        """What is written beside it."""
        if self.when is None and self.phrase is not None:
            return f"on “{shortened(self.phrase)}”"
        return "by an action" if self.when is None else shortened(self.when)


@dataclass(frozen=True, slots=True)
class Sketch:
    """An agent as it is drawn.

    Attributes:
        closed: who answers outside the agent's hours; None where nobody else does.
        gates: persona → what must be true before a call can go to it.
        about: what is said beside the agent's name.
    """

    agent: str
    start: str
    personas: tuple[str, ...]
    ways: tuple[Way, ...]
    gates: Mapping[str, str] = field(default_factory=dict)
    closed: str | None = None
    about: str = ""

    @property
    def title(self) -> str:
        """The agent's name, with what is said beside it."""
        return f"{self.agent} ({self.about})" if self.about else self.agent

    def begins(self, persona: str) -> str:
        """Which calls begin with a persona; nothing where none does."""
        if persona == self.start:
            return "a call begins here"
        return "outside the hours a call begins here" if persona == self.closed else ""

    def ways_of(self, persona: str) -> tuple[Way, ...]:
        """The handoffs of a persona."""
        return tuple(way for way in self.ways if way.source == persona)

    def layers(self) -> list[list[str]]:
        """The personas by their distance from the start; what no handoff leads to comes last."""
        first = [name for name in (self.start, self.closed) if name is not None]
        layers, seen = [first], set(first)
        while layers[-1]:
            layer = [way.target for name in layers[-1] for way in self.ways_of(name)]
            layers.append([name for name in dict.fromkeys(layer) if name not in seen])
            seen.update(layers[-1])
        layers[-1] = [name for name in self.personas if name not in seen]
        return [layer for layer in layers if layer]


def sketch(scope: Paths) -> Sketch:
    """What is drawn of an agent."""
    gates = {n: " ".join(p.condition.split()) for n, p in scope.personas.items() if p.condition}
    ways = tuple(_ways(scope))
    start, *closed = map(str, scope.agent.answering or (scope.agent.first,))
    return Sketch(scope.name, start, tuple(scope.personas) or (start,), ways, gates, *closed)


def program(name: str, also: Iterable[str], fallback: str | None) -> Sketch:
    """What is drawn of an external agent: who gets its calls besides, and who takes its place."""
    ways = [Way(name, other, "at the same time") for other in also]
    if fallback is not None:
        ways.append(Way(name, fallback, "where the program does not come"))
    others = dict.fromkeys(way.target for way in ways)
    return Sketch(name, name, (name, *others), tuple(ways), about="a program of its own")


def _ways(scope: Paths) -> Iterator[Way]:
    for name, persona in scope.personas.items():
        for target in scope.targets(name):
            handoff = persona.handoffs.get(target) or scope.agent.handoffs.get(target)  # type: ignore[call-overload]  # names are texts
            when = " ".join(handoff.when.split()) if handoff else None
            yield Way(name, target, when, _phrase(scope, name, target))


def _phrase(scope: Paths, name: str, target: str) -> str | None:
    """What the caller says for certain to get from a persona to another."""
    own, others = scope.personas[name].intents, scope.agent.intents
    for intent in {**own, **{n: i for n, i in others.items() if n not in own}}.values():
        if any(str(getattr(action, "handoff", "")) == target for action in intent.then):
            return str(intent.phrases[0] if intent.phrases else intent.pattern)
    return None


def shortened(text: str, longest: int = LONGEST) -> str:
    """A text of at most so many characters, cut between words where it can be."""
    if len(text) <= longest:
        return text
    whole, space, _ = text[:longest].rpartition(" ")
    return (whole if space else text[: longest - 1]).rstrip(" ,;:") + "…"
