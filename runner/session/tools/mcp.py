"""`mcp`: a tool of a server."""

from __future__ import annotations

from runner.schema.tools import McpTool
from runner.session.call import Call
from runner.session.server_tool import ServerTool
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.http import ask
from runner.session.tools.kind import ToolKind


async def run(call: Call, tool: McpTool, made: ToolCall) -> ToolResult:
    """Let the server do it."""
    return await ask(call, made, tool.mcp.timeout, question=False)


def describe(_: Call, tool: McpTool) -> str:
    """What the server says of it, as it is: no template."""
    return tool.server_text if isinstance(tool, ServerTool) else ""


KIND = ToolKind(McpTool, run, describe)
