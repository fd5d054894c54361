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
    return ToolResult(
        "The caller takes a moment. Nothing is said until they speak again.", answered=True
    )


def describe(_: Wait) -> str:
    """What the model is told."""
    return "The caller asks for a moment. Call this, and say nothing until they speak again."


KIND = ToolKind(Wait, run, describe)
