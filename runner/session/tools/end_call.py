"""`end_call`: the model ends the call."""

from __future__ import annotations

from runner.schema.tools import EndCallTool
from runner.session.call import Call
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.kind import ToolKind


async def run(call: Call, tool: EndCallTool, made: ToolCall) -> ToolResult:
    """Say the words where there are any; else the model says goodbye, if it has not yet."""
    words, own = tool.end_call, call.bound.renderer.own
    if words:
        await call.say(words, {"args": made.args}, interruptible=False)
    if words or made.spoken or not made.by_model:
        return ToolResult(own("call_ends"), answered=True, ends=True)
    return ToolResult(own("say_goodbye"), ends=True)


def describe(call: Call, _: EndCallTool) -> str:
    """What the model is told."""
    return call.bound.renderer.own("describe_end_call")


KIND = ToolKind(EndCallTool, run, describe)
