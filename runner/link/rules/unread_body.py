"""A body where most services do not read one."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.http import Request

_WITHOUT_BODY = frozenset({"GET", "HEAD"})


def _check(context: DefinitionContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    request = leaf.owner
    if not isinstance(request, Request) or leaf.key != "url":
        return
    if request.body is not None and request.method in _WITHOUT_BODY:
        span = context.definition.document.key_span((*leaf.location[:-1], "body"))
        message = f"a {request.method} request with a body, which most services do not read"
        hint = "write method: POST, or query: in place of body:"
        yield Diagnostic(span, "W206", message, hint)


RULE = LeafRule(_check)
