"""`remove_from`: takes a line off a list."""

from __future__ import annotations

from runner.schema.tools import RemoveFrom
from runner.session.tools.kind import ToolKind
from runner.session.tools.lines import editing, remove


def describe(tool: RemoveFrom) -> str:
    """What the model is told."""
    return f"Take a line off the list '{tool.records}'."


KIND = ToolKind(RemoveFrom, editing(remove), describe)
