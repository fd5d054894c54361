"""Agents that join every new room: LiveKit shares the rooms among several at random."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Related, Span
from runner.link.rule import FolderContext, FolderRule
from runner.link.scope import Scope
from runner.schema.dispatch import Dispatch

_USUAL = Dispatch()


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    first: dict[str, Scope] = {}
    for scope in sorted(filter(_joins, context.scopes), key=_begins):
        known = first.setdefault(_dispatch(scope).per, scope)
        if known is scope:
            continue
        other = known.definition
        yield Diagnostic(
            _place(scope),
            "E214",
            f"agents '{known.name}' and '{scope.name}' would both join every new room, and LiveKit "
            "shares the rooms among them at random",
            f"write mode: explicit in one of them, and call '{scope.name}' by its name",
            (Related(_place(known), f"'{other.name}' joins every new room as well"),),
        )


def _joins(scope: Scope) -> bool:
    """Whether it joins every new room."""
    return _dispatch(scope).mode == "automatic" and scope.agent.enabled


def _dispatch(scope: Scope) -> Dispatch:
    return scope.agent.dispatch or _USUAL


def _begins(scope: Scope) -> Span:
    return scope.definition.document.key_span(scope.definition.location)


def _place(scope: Scope) -> Span:
    definition = scope.definition
    return definition.document.key_span((*definition.location, "dispatch", "mode"))


RULE = FolderRule(_check)
