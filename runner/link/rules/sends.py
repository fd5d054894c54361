"""Tools that are run once a call is over: nobody talks any more, so only a service can be asked."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.rule import UseContext, UseRule
from runner.link.walk import Leaf
from runner.schema.lifecycle import ToolSend
from runner.schema.tools import HttpTool
from runner.schema.types.names import ToolName


def _check(context: UseContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    if not (isinstance(leaf.owner, ToolSend) and isinstance(leaf.value, ToolName)):
        return
    tool = context.scope.tools.get(str(leaf.value))
    if tool is None or isinstance(tool, HttpTool):
        return
    message = f"tool '{leaf.value}' cannot be run once the call is over: it asks no service"
    hint = "write a tool with http:, or csv: or webhook: instead"
    yield Diagnostic(place, "E112", message, hint)


RULE = UseRule(_check, ToolName)
