"""Plain values that are stored in a variable: do they fit its type?"""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.fields import misfit
from runner.link.rule import UseContext, UseRule
from runner.link.walk import Leaf
from runner.schema.actions import Set
from runner.schema.tools import SetTool
from runner.schema.types.texts import Text


def _check(context: UseContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    if not isinstance(leaf.value, Text) or not isinstance(leaf.owner, Set | SetTool):
        return
    if leaf.key != "set":
        return
    variable = context.scope.variables.get(str(leaf.location[-1]))
    if variable is not None and variable.field is not None:
        problem = misfit(variable.field, str(leaf.value))
        if problem:
            span = context.definition.document.value_span(leaf.location)
            yield Diagnostic(span, "E117", *problem)


RULE = UseRule(_check, Text)
