"""`change_in`: changes a line of a list."""

from __future__ import annotations

from runner.schema.tools import ChangeIn
from runner.session.tools.kind import ToolKind
from runner.session.tools.lines import change, editing


def describe(tool: ChangeIn) -> str:
    """What the model is told."""
    return f"Change a line of the list '{tool.records}'. Give only the fields that change."


KIND = ToolKind(ChangeIn, editing(change), describe)
