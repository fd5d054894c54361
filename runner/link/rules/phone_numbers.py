"""Phone numbers: a call to one is answered by one agent."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Related, Span
from runner.link.rule import FolderContext, FolderRule
from runner.link.scope import Scope


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    first: dict[str, tuple[Scope, Span]] = {}
    for scope in sorted(context.scopes, key=_begins):
        phone = scope.agent.phone
        if phone is None or not scope.agent.enabled:
            continue
        for index, number in enumerate(phone.numbers):
            span = _place(scope, index)
            known, before = first.setdefault(number, (scope, span))
            if before is span:
                continue
            yield _twice(number, scope, span, known, before)


def _twice(number: str, scope: Scope, span: Span, known: Scope, before: Span) -> Diagnostic:
    if known is scope:
        message = f"the number {number} stands twice"
        return Diagnostic(
            span, "E215", message, "delete one of the two", (Related(before, "here"),)
        )
    return Diagnostic(
        span,
        "E215",
        f"agents '{known.name}' and '{scope.name}' would both answer {number}",
        "delete it in one of them; one who answers can hand the call to any persona",
        (Related(before, f"'{known.name}' answers it here"),),
    )


def _begins(scope: Scope) -> Span:
    return scope.definition.document.key_span(scope.definition.location)


def _place(scope: Scope, index: int) -> Span:
    definition = scope.definition
    return definition.document.value_span((*definition.location, "phone", "numbers", index))


RULE = FolderRule(_check)
