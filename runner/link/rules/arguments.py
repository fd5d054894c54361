"""What an action gives a tool, against the tool's parameters."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.diagnostics.nearest import did_you_mean
from runner.link.fields import misfit, parameters
from runner.link.rule import UseContext, UseRule
from runner.link.walk import Leaf
from runner.schema.actions import RunTool
from runner.schema.types.names import ToolName


def _check(context: UseContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    if not (isinstance(leaf.owner, RunTool) and isinstance(leaf.value, ToolName)):
        return
    tool = context.scope.tools.get(str(leaf.value))
    if tool is None:
        return
    fields, given = parameters(tool, context.scope), leaf.owner.arguments
    words = context.scope.table.words
    document, base = context.definition.document, (*leaf.location[:-1], "with")
    for name, value in given.items():
        if name not in fields and name in words:
            continue
        if name not in fields:
            message = f"tool '{leaf.value}' has no parameter '{name}'"
            hint = did_you_mean(name, fields, noun="parameters")
            yield Diagnostic(document.key_span((*base, name)), "E202", message, hint)
        elif problem := misfit(fields[name], str(value)):
            yield Diagnostic(document.value_span((*base, name)), "E117", *problem)
    needed = (n for n, f in fields.items() if not f.optional and f.default is None)
    missing = next((n for n in needed if n not in given), None)
    if missing is not None and not words and not any(n not in fields for n in given):
        span = document.value_span(leaf.location)
        hint = f"add with: and below it {missing}:"
        yield Diagnostic(span, "E103", f"tool '{leaf.value}' needs '{missing}'", hint)


RULE = UseRule(_check, ToolName)
