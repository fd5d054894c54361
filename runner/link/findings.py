"""Diagnostics as they are found, from the view of each agent that uses a definition."""

from __future__ import annotations

from dataclasses import dataclass, field

from runner.diagnostics import Diagnostic, Related, Span


@dataclass(slots=True)
class Findings:
    """Collects diagnostics; the same one found for several agents is told once.

    Attributes:
        users: (section, name) → how many agents use the definition; filled before anything is checked.
    """

    users: dict[tuple[str, str], int] = field(default_factory=dict)
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

    def diagnostics(self) -> list[Diagnostic]:
        """All of them; what is wrong for some users of a definition only names these agents."""
        found = list(self._plain)
        for diagnostic, (used, agents) in self._by_agent.items():
            names = sorted(set(agents))
            if len(names) < self.users.get(used, 1):
                listed = ", ".join(f"'{n}'" for n in names)
                found.append(
                    Diagnostic(
                        diagnostic.span,
                        diagnostic.code,
                        f"{diagnostic.message} (for agent {listed})",
                        diagnostic.help,
                        diagnostic.related,
                    )
                )
            else:
                found.append(diagnostic)
        return found
