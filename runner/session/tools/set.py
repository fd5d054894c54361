"""`set`: stores values."""

from __future__ import annotations

from runner.schema.tools import SetTool
from runner.session.call import Call
from runner.session.errors import MisfitError
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.kind import ToolKind


async def run(call: Call, tool: SetTool, made: ToolCall) -> ToolResult:
    """Store all that fit."""
    problems = []
    for name, text in tool.set.items():
        try:
            value = call.bound.renderer.value(text, {"args": made.args})
            call.bound.variables.set(str(name), value)
        except MisfitError as problem:
            problems.append(f"'{name}' {problem}")
    if problems:
        answer = call.bound.renderer.own("not_stored", problems="; ".join(problems))
        return ToolResult(answer, failed=True)
    return ToolResult(call.bound.renderer.own("stored"))


KIND = ToolKind(SetTool, run)
