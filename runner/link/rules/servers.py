"""Servers of the Model Context Protocol: may their programs be started, and is there a client?"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from runner.diagnostics import Diagnostic
from runner.diagnostics.nearest import nearest
from runner.link.rule import FolderContext, FolderRule
from runner.schema.mcp import CommandServer
from runner.schema.tools import McpTool


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    process = context.table.process
    spec = process.spec if process is not None else None
    commands = [str(each) for each in spec.commands] if spec is not None else []
    for definition in context.table.entries["tools"].values():
        tool = definition.spec
        if not isinstance(tool, McpTool):
            continue
        if find_spec("mcp") is None:
            span = definition.document.key_span((*definition.location, "mcp"))
            message = "the package for MCP servers is not installed"
            yield Diagnostic(span, "E401", message, "run: pip install 'lkrun[mcp]'")
        readable = process is None or spec is not None
        if isinstance(tool.mcp, CommandServer) and readable and tool.mcp.command not in commands:
            place = (*definition.location, "mcp", "command")
            span = definition.document.value_span(place)
            message = f"the program '{tool.mcp.command}' may not be started"
            yield Diagnostic(span, "E313", message, _hint(str(tool.mcp.command), commands))


def _hint(command: str, commands: list[str]) -> str:
    near = nearest(command, commands)
    if near is not None:
        return f"did you mean '{near}'?"
    return f"allow it: in runner:, write commands: and below it - {command}"


RULE = FolderRule(_check)
