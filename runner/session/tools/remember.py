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
        return ToolResult(call.bound.renderer.own("nothing_stored", names=names), failed=True)
    for name, value in made.args.items():
        call.bound.variables.set(name, value)
    return ToolResult(json.dumps({"stored": as_data(made.args)}, ensure_ascii=False))


def describe(call: Call, _: Remember) -> str:
    """What the model is told."""
    return call.bound.renderer.own("describe_remember")


KIND = ToolKind(Remember, run, describe)
