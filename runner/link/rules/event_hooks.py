"""Addresses for events: they are asked as the call goes on, by what is known from its beginning."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.names import ALWAYS
from runner.link.rule import UseContext, UseRule
from runner.link.walk import Leaf
from runner.schema.event_hooks import EventHook
from runner.schema.types.texts import Text


def _check(context: UseContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    if not (isinstance(leaf.owner, EventHook) and isinstance(leaf.value, Text)):
        return
    known = {"env", "secrets", *context.scope.fixed}
    for use in context.texts.analysis(leaf.value).uses:
        if use.path[0] in known:
            continue
        if use.path[0] not in {*context.scope.variables, *ALWAYS}:
            continue  # unknown everywhere: another rule tells it
        span = context.texts.span(place, leaf.value, use)
        message = f"'{use.path[0]}' differs from call to call, and events go to one address"
        allowed = "{{ env.NAME }}, {{ secrets.NAME }} and variables with a fixed value"
        hint = f"only {allowed} may stand here"
        yield Diagnostic(span, "E308", message, hint)


RULE = UseRule(_check)
