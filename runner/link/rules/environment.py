"""Environment variables in templates: are they set, and not secret?"""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.types.settings import env_problem
from runner.schema.types.texts import Text


def _check(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    if not isinstance(leaf.value, Text):
        return
    for use in context.texts.analysis(leaf.value).uses:
        if use.path[0] != "env":
            continue
        name = use.path[1] if len(use.path) > 1 else ""
        context.env.setdefault(name, []).append(context.texts.span(place, leaf.value, use))
        known = name in context.around.env
        problem = env_problem(name, known=known, guarded=use.guarded)
        if problem is not None:
            values = problem.context or {}
            span = context.texts.span(place, leaf.value, use)
            yield Diagnostic(span, problem.type, str(values["message"]), values["help"])


RULE = LeafRule(_check, Text)
