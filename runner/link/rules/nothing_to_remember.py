"""The tool `remember` where no variable may be stored by the model."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.rule import AgentContext, AgentRule, Used
from runner.link.table import name_span


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    scope, tools = context.scope, context.scope.agent.tools
    listed = tools + sum((p.tools for p in scope.personas.values()), ())
    if "remember" not in listed or any(v.remembered for v in scope.variables.values()):
        return
    definition = scope.definition
    place = name_span(definition)
    if "remember" in tools:
        location = (*definition.location, "tools", tools.index("remember"))
        place = definition.document.value_span(location)
    message = (
        f"agent '{scope.name}' has nothing to remember: none of its variables has a description"
    )
    hint = "add a description: to each variable that the model may store"
    yield None, Diagnostic(place, "E210", message, hint)


RULE = AgentRule(_check)
