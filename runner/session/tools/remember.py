"""`remember`: the model stores variables."""

from __future__ import annotations

import json

from runner.schema.tools import Remember
from runner.session.call import Call
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.kind import ToolKind
from runner.template import as_data


async def run(call: Call, tool: Remember, made: ToolCall) -> ToolResult:
    """Store what was given."""
    if not made.args:
        names = ", ".join(map(str, tool.remember))
        return ToolResult(f"Nothing was stored: give at least one of {names}.", failed=True)
    for name, value in made.args.items():
        call.bound.variables.set(name, value)
    return ToolResult(json.dumps({"stored": as_data(made.args)}, ensure_ascii=False))


def describe(_: Remember) -> str:
    """What the model is told."""
    return "Store what the caller has said. Give only what you have learnt."


KIND = ToolKind(Remember, run, describe)
