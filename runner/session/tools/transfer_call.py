"""`transfer_call`: the caller is put through to a person on the telephone."""

from __future__ import annotations

from runner.schema.tools import TransferCallTool
from runner.session.call import Call
from runner.session.telephone.transfer import put_through
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.kind import ToolKind


async def run(call: Call, tool: TransferCallTool, made: ToolCall) -> ToolResult:
    """Put them through; the call ends where somebody took it over."""
    result = await put_through(call, tool.transfer_call, {"args": made.args}, made.name)
    if result.reached.answered:
        return ToolResult(result.message, answered=True, ends=True)
    output = call.bound.renderer.own("transfer_failed", reason=result.message)
    return ToolResult(output, error=result.error, failed=True)


KIND = ToolKind(TransferCallTool, run)
