"""Templates: can they be read?"""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.types.texts import Text


def _check(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    if isinstance(leaf.value, Text):
        texts = context.texts
        for problem in texts.analysis(leaf.value).problems:
            span = texts.pinpoint.at(place, leaf.value, problem.line, problem.column, "")
            yield Diagnostic(span, problem.code, problem.message, problem.help)


RULE = LeafRule(_check, Text)
