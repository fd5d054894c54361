"""`provider_tool`: a tool that the model's own provider runs; lkrun only hands it to the model."""

from __future__ import annotations

from livekit.agents import llm

from runner.schema.tools import ProviderTool
from runner.session.call import Call
from runner.session.errors import CannotStartError
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.kind import ToolKind


async def run(call: Call, _tool: ProviderTool, _made: ToolCall) -> ToolResult:
    """Nothing of it can be done here."""
    message = call.bound.renderer.own("tool_failed")
    return ToolResult(message, error={"message": "the model's provider runs it"}, failed=True)


def offered(call: Call, tool: ProviderTool) -> llm.Tool:
    """LiveKit's object, which the model's plugin hands to its service.

    Raises:
        CannotStartError: it cannot be made.
    """
    name = str(tool.provider_tool)
    made = call.bound.models.plugin(tool.kind, name, tool.options)
    if not isinstance(made, llm.ProviderTool):
        raise CannotStartError(f"{tool.kind} '{name}' is no tool of LiveKit's")
    return made


KIND = ToolKind(ProviderTool, run, offered=offered)
