"""`ask`: asks the caller for what is missing, until it is known."""

from __future__ import annotations

from runner.schema.tools import AskTool
from runner.session.call import Call
from runner.session.tasks.asking import Frame
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.kind import ToolKind


async def run(call: Call, tool: AskTool, made: ToolCall) -> ToolResult:
    """Begin to ask; the answers are told to the model when they are there."""
    needs = {str(name): need for name, need in tool.ask.items()}
    call.needs.begin(Frame(call.speaking, needs, made.name))
    missing = call.needs.open(call.persona.plan)
    own = call.bound.renderer.own
    answer = own("needs_asked", needs=", ".join(missing)) if missing else own("needs_known")
    return ToolResult(answer, asks=True)


KIND = ToolKind(AskTool, run)
