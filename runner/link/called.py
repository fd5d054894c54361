"""Whether an agent can be called by its name, for the rules of those who call one."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.schema.agents import Agent
from runner.schema.dispatch import Dispatch


def not_called(span: Span, name: str, agent: Agent, purpose: str) -> Iterator[Diagnostic]:
    """Say why calling an agent by its name reaches nobody.

    Args:
        span: where it is named.
        name: as it is named.
        agent: who has the name.
        purpose: what it cannot be, in words: `called`.
    """
    if not agent.enabled:
        message = f"the agent '{name}' is not served: it has enabled: no"
        yield Diagnostic(span, "E112", message, "name an agent that is, or delete enabled: no")
    elif (agent.dispatch or Dispatch()).mode == "automatic":
        message = f"the agent '{name}' joins every new room, and cannot be {purpose}"
        hint = f"write mode: explicit below dispatch: of '{name}', or name another"
        yield Diagnostic(span, "E112", message, hint)
