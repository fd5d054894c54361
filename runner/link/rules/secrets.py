"""Secrets in templates: do they stand only in what goes out to a service?"""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.unknown_names import SECRET_SEEN
from runner.link.walk import Leaf
from runner.schema.types.texts import Sent, Text


def _check(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    if not isinstance(leaf.value, Text):
        return
    for use in context.texts.analysis(leaf.value).uses:
        if use.path[0] != "secrets":
            continue
        span = context.texts.span(place, leaf.value, use)
        if len(use.path) < 2:  # noqa: PLR2004 - the name and one attribute
            message = "'secrets' needs a name behind it"
            yield Diagnostic(span, "E301", message, "write {{ secrets.NAME }}")
        elif isinstance(leaf.value, Sent):
            context.secrets.setdefault(use.path[1], []).append(span)
        else:
            yield Diagnostic(span, *SECRET_SEEN)


RULE = LeafRule(_check, Text)
