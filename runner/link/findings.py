"""Diagnostics as they are found, from the view of each agent that uses a definition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from runner.diagnostics import Diagnostic

Problem = tuple[str, str, str | None]
"""What is wrong, before its place is known: code, message, help."""

Tell = Callable[[Diagnostic], None]
"""Takes what was found."""


@dataclass(slots=True)
class Findings:
    """What was found for one agent.

    Attributes:
        plain: what is wrong whoever uses a definition.
        by_use: what is wrong for this agent → the definition that it uses: (section, name).
    """

    plain: dict[Diagnostic, None] = field(default_factory=dict)
    by_use: dict[Diagnostic, tuple[str, str]] = field(default_factory=dict)

    def add(self, diagnostic: Diagnostic) -> None:
        """Add what is wrong whoever uses the definition."""
        self.plain[diagnostic] = None

    def add_for(self, used: tuple[str, str], diagnostic: Diagnostic) -> None:
        """Add what is wrong for this agent, which uses the definition `used`."""
        self.by_use.setdefault(diagnostic, used)

    @property
    def has_errors(self) -> bool:
        """Whether there is an error among them."""
        return any(d.severity == "error" for d in (*self.plain, *self.by_use))


def joined(
    several: Iterable[tuple[str, Findings]], users: Mapping[tuple[str, str], int]
) -> list[Diagnostic]:
    """The diagnostics of all agents, each once; one for some users of a definition names them.

    Args:
        several: agent and what was found for it.
        users: (section, name) → how many agents use the definition.
    """
    plain: dict[Diagnostic, None] = {}
    by_use: dict[Diagnostic, tuple[tuple[str, str], list[str]]] = {}
    for agent, findings in several:
        plain |= findings.plain
        for diagnostic, used in findings.by_use.items():
            by_use.setdefault(diagnostic, (used, []))[1].append(agent)
    return [*plain, *(_named(d, a, users.get(u, 1)) for d, (u, a) in by_use.items())]


def _named(diagnostic: Diagnostic, agents: list[str], users: int) -> Diagnostic:
    if len(agents) >= users:
        return diagnostic
    listed = ", ".join(f"'{n}'" for n in sorted(agents))
    return replace(diagnostic, message=f"{diagnostic.message} (for agent {listed})")
