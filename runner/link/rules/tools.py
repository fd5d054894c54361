"""Tools that are listed or run: do they exist?"""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.hints import defined_where, near, unknown
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.tools import BUILT_IN
from runner.schema.types.later import LATER_TOOLS, not_yet
from runner.schema.types.names import ToolName


def _check(context: DefinitionContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    name, table = str(leaf.value), context.table
    known = table.entries["tools"]
    if not isinstance(leaf.value, ToolName):
        return
    if name in known or name in BUILT_IN or name in table.words:
        return
    span = leaf.span(context.definition.document)
    if name in LATER_TOOLS:
        yield Diagnostic(span, "E102", *not_yet(name))
        return
    if name in table.entries["personas"]:
        hint: str | None = f"'{name}' is a persona: write it below handoffs:"
    else:
        hint = defined_where(name, [*known, *BUILT_IN], f"write it below tools: as {name}:")
    yield near(context, unknown(span, "tool", name, hint), "tools", name)


RULE = LeafRule(_check)
