"""`answer`: tells the model something."""

from __future__ import annotations

from runner.schema.tools import AnswerTool
from runner.session.call import Call
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.kind import ToolKind


async def run(call: Call, tool: AnswerTool, made: ToolCall) -> ToolResult:
    """Tell it."""
    return ToolResult(call.bound.renderer.text(tool.answer, {"args": made.args}).strip())


KIND = ToolKind(AnswerTool, run)
