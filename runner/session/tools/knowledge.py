"""`knowledge`: looks something up."""

from __future__ import annotations

from runner.schema.tools import KnowledgeTool
from runner.session.call import Call
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.http import ask
from runner.session.tools.kind import ToolKind

_SEARCH = 10.0
"""Seconds that documents may take to be read for the first time and searched."""


async def run(call: Call, tool: KnowledgeTool, made: ToolCall) -> ToolResult:
    """Ask all knowledge that it names."""
    sources = call.bound.release.asked_by(tool)
    longest = max([_SEARCH, *(source.http.longest for source in sources)])
    return await ask(call, made, longest, question=True)


KIND = ToolKind(KnowledgeTool, run)
