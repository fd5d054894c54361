"""Diagnostics as they are found, from the view of each agent that uses a definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from runner.diagnostics import Diagnostic, Related, Span


@dataclass(slots=True)
class Findings:
    """Collects diagnostics; the same one found for several agents is told once."""

    _plain: dict[Diagnostic, None] = field(default_factory=dict)
    _by_agent: dict[Diagnostic, tuple[tuple[str, str], list[str]]] = field(default_factory=dict)

    def add(
        self,
        span: Span,
        code: str,
        message: str,
        help: str | None = None,  # noqa: A002 - the word of the diagnostics
        related: tuple[Related, ...] = (),
    ) -> None:
        """Add what is wrong whoever uses the definition."""
        self._plain[Diagnostic(span, code, message, help, related)] = None

    def add_for(self, agent: str, used: tuple[str, str], diagnostic: Diagnostic) -> None:
        """Add what is wrong for one agent that uses the definition `used`."""
        self._by_agent.setdefault(diagnostic, (used, []))[1].append(agent)

    @property
    def has_errors(self) -> bool:
        """Whether there is an error among them."""
        return any(d.severity == "error" for d in (*self._plain, *self._by_agent))

    @classmethod
    def joined(
        cls, several: Iterable[Findings], users: Mapping[tuple[str, str], int]
    ) -> list[Diagnostic]:
        """The diagnostics of all agents; one for some users of a definition only names them.

        Args:
            several: what was found, agent by agent.
            users: (section, name) → how many agents use the definition.
        """
        plain: dict[Diagnostic, None] = {}
        by_agent: dict[Diagnostic, tuple[tuple[str, str], set[str]]] = {}
        for findings in several:
            plain |= findings._plain
            for diagnostic, (used, agents) in findings._by_agent.items():
                by_agent.setdefault(diagnostic, (used, set()))[1].update(agents)
        return [*plain, *(_named(d, a, users.get(u, 1)) for d, (u, a) in by_agent.items())]


def _named(diagnostic: Diagnostic, agents: set[str], users: int) -> Diagnostic:
    if len(agents) >= users:
        return diagnostic
    listed = ", ".join(f"'{n}'" for n in sorted(agents))
    return replace(diagnostic, message=f"{diagnostic.message} (for agent {listed})")
