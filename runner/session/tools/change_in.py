"""`change_in`: changes a line of a list."""

from __future__ import annotations

from runner.schema.tools import ChangeIn
from runner.session.call import Call
from runner.session.tools.kind import ToolKind
from runner.session.tools.lines import change, editing


def describe(call: Call, tool: ChangeIn) -> str:
    """What the model is told."""
    return call.bound.renderer.own("describe_change_in", list=str(tool.records))


KIND = ToolKind(ChangeIn, editing(change), describe)
