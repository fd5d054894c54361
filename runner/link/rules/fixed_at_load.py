"""Texts of providers and of the runner: they are rendered before there is any call."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.types.texts import Plain, Text


def _check(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    if context.definition.section not in ("providers", "runner", "tests"):
        return
    if not isinstance(leaf.value, Text) or isinstance(leaf.value, Plain):
        return
    for use in context.texts.analysis(leaf.value).uses:
        if use.path[0] not in ("env", "secrets", *leaf.names):
            span = context.texts.span(place, leaf.value, use)
            message = f"'{use.path[0]}' is not known when the folder is loaded"
            own = "".join(f"{{{{ {name} }}}}, " for name in leaf.names)
            hint = f"only {own}{{{{ env.NAME }}}} and {{{{ secrets.NAME }}}} may stand here"
            yield Diagnostic(span, "E308", message, hint)


RULE = LeafRule(_check, Text)
