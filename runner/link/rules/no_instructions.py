"""What a persona needs: instructions, its own or the agent's."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.rule import AgentContext, AgentRule, Used
from runner.link.table import name_span


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    scope = context.scope
    for name, persona in scope.personas.items():
        if not (persona.instructions or persona.instructions_file or scope.agent.instructions):
            place = name_span(scope.table.entries["personas"][name])
            hint = "add instructions: or instructions_file:, so that the model knows what to do"
            message = f"persona '{name}' has no instructions"
            yield ("personas", name), Diagnostic(place, "E103", message, hint)


RULE = AgentRule(_check)
