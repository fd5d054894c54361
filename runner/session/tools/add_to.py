"""`add_to`: puts a line on a list."""

from __future__ import annotations

from runner.schema.tools import AddTo
from runner.session.call import Call
from runner.session.tools.kind import ToolKind
from runner.session.tools.lines import add, editing


def describe(call: Call, tool: AddTo) -> str:
    """What the model is told."""
    return call.bound.renderer.own("describe_add_to", list=str(tool.records))


KIND = ToolKind(AddTo, editing(add), describe)
