"""`wait`: the caller takes a moment."""

from __future__ import annotations

from runner.schema.tools import Wait
from runner.session.call import Call
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.kind import ToolKind

HOLD = 120.0
"""Seconds that `wait: yes` holds idle prompts back."""


async def run(call: Call, tool: Wait, _: ToolCall) -> ToolResult:
    """Hold idle prompts back."""
    call.hold(HOLD if tool.wait is True else float(tool.wait))
    return ToolResult(call.bound.renderer.own("caller_waits"), answered=True)


def describe(call: Call, _: Wait) -> str:
    """What the model is told."""
    return call.bound.renderer.own("describe_wait")


KIND = ToolKind(Wait, run, describe)
