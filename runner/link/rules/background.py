"""Tools for which nobody waits: by the time that they are done, the call is somewhere else."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.rule import AgentContext, AgentRule, Used
from runner.link.scope import Scope
from runner.schema.actions import EndCall, HandOff, RunTool, TransferCall
from runner.schema.calling import WaitingTool
from runner.schema.tools import EndCallTool, TransferCallTool
from runner.schema.types.blocks import Block

_DOES = {
    HandOff: "hands the call over",
    EndCall: "ends the call",
    EndCallTool: "ends the call",
    TransferCall: "transfers the call",
    TransferCallTool: "transfers the call",
}


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    scope = context.scope
    for name, tool in scope.tools.items():
        if not isinstance(tool, WaitingTool) or not tool.background:
            continue
        leaving = _leaving(scope, tool, frozenset({name}))
        if leaving:
            definition = scope.table.entries["tools"][name]
            place = definition.document.key_span((*definition.location, "background"))
            message = f"'background' does not go with a tool that {leaving}: the talk has gone on"
            hint = "delete background:, or what leads away in then: and on_error:"
            yield ("tools", name), Diagnostic(place, "E112", message, hint)


def _leaving(scope: Scope, tool: Block, known: frozenset[str]) -> str | None:
    """How a tool ends its part of the call, by itself or by the tools that its actions run."""
    for block in scope.acting(tool):
        if does := _DOES.get(type(block)):
            return does
        if isinstance(block, RunTool):
            name = str(block.tool)
            inner = scope.tools.get(name)
            if name in known or inner is None:
                continue
            if does := _leaving(scope, inner, known | {name}):
                return f"runs '{name}', which {does}"
    return None


RULE = AgentRule(_check)
