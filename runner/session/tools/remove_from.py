"""`remove_from`: takes a line off a list."""

from __future__ import annotations

from runner.schema.tools import RemoveFrom
from runner.session.call import Call
from runner.session.tools.kind import ToolKind
from runner.session.tools.lines import editing, remove


def describe(call: Call, tool: RemoveFrom) -> str:
    """What the model is told."""
    return call.bound.renderer.own("describe_remove_from", list=str(tool.records))


KIND = ToolKind(RemoveFrom, editing(remove), describe)
