"""`add_to`: puts a line on a list."""

from __future__ import annotations

from runner.schema.tools import AddTo
from runner.session.tools.kind import ToolKind
from runner.session.tools.lines import add, editing


def describe(tool: AddTo) -> str:
    """What the model is told."""
    return f"Put a line on the list '{tool.records}'. The answer is the list."


KIND = ToolKind(AddTo, editing(add), describe)
