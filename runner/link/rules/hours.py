"""`hours` without a `timezone`: they would go by the clock of whatever machine serves them."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.rule import AgentContext, AgentRule, Used


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    agent, definition = context.scope.agent, context.scope.definition
    if agent.hours is None or agent.timezone is not None:
        return
    yield (
        None,
        Diagnostic(
            definition.document.key_span((*definition.location, "hours")),
            "W232",
            f"the hours of agent '{context.scope.name}' go by the clock of the machine that serves "
            "it, since the agent has no timezone",
            "write timezone: beside hours:, with the agent's own, such as Europe/Berlin",
        ),
    )


RULE = AgentRule(_check)
