"""Names that lkrun itself gives something: a tool of the model, or what is in a memory."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.names import MEMORY
from runner.link.rule import AgentContext, AgentRule, Used
from runner.link.table import name_span
from runner.schema.languages import SWITCH_LANGUAGE
from runner.schema.needs import NEED_TOOLS

_OWN = {
    **dict.fromkeys(NEED_TOOLS, "gives what the caller says"),
    SWITCH_LANGUAGE: "goes to another language",
}
"""Tools of lkrun itself → what the model does by them."""


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    scope = context.scope
    for name, does in _OWN.items():
        if name in scope.tools:
            place = name_span(scope.table.entries["tools"][name])
            message = f"'{name}' is the tool by which the model {does}"
            yield None, Diagnostic(place, "E204", message, "give this tool another name")
    if scope.agent.memory is not None and MEMORY in scope.agent.variables:
        document, base = scope.definition.document, scope.definition.location
        place = document.key_span((*base, "variables", MEMORY))
        message = f"'{MEMORY}' is what templates call the agent's memory"
        yield None, Diagnostic(place, "E204", message, "give this variable another name")
    for name in scope.personas:
        taken = f"transfer_to_{name}"
        if taken in scope.tools:
            place = name_span(scope.table.entries["tools"][taken])
            message = f"'{taken}' is the tool by which the model hands a call to '{name}'"
            yield None, Diagnostic(place, "E204", message, "give this tool another name")


RULE = AgentRule(_check)
