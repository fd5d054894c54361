"""`say`: says fixed words."""

from __future__ import annotations

from runner.schema.tools import SayTool
from runner.session.call import Call
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.kind import ToolKind


async def run(call: Call, tool: SayTool, made: ToolCall) -> ToolResult:
    """Say them."""
    said = await call.say(tool.say, {"args": made.args})
    return ToolResult(call.bound.renderer.own("was_said"), answered=said)


KIND = ToolKind(SayTool, run)
