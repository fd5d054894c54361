"""`end_call`: the model ends the call."""

from __future__ import annotations

from runner.schema.tools import EndCallTool
from runner.session.call import Call
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.kind import ToolKind

GOODBYE = "Say goodbye to the caller in one short sentence. The call ends after it."


async def run(call: Call, tool: EndCallTool, made: ToolCall) -> ToolResult:
    """Say the words where there are any; else the model says goodbye, if it has not yet."""
    words: tuple[str, ...] = tool.end_call
    if words:
        await call.say(words, {"args": made.args}, interruptible=False)
    if words or made.spoken or not made.by_model:
        return ToolResult("The call ends now.", answered=True, ends=True)
    return ToolResult(GOODBYE, ends=True)


def describe(_: EndCallTool) -> str:
    """What the model is told."""
    return "End the call. Use it when the caller says goodbye or has all that they wanted."


KIND = ToolKind(EndCallTool, run, describe)
