"""Helps about names that nothing defines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from runner.diagnostics import Diagnostic, Related, Span
from runner.diagnostics.nearest import did_you_mean, nearest
from runner.link.rule import DefinitionContext
from runner.link.table import name_span


def unknown(span: Span, noun: str, name: str, hint: str | None) -> Diagnostic:
    """Say that nothing of this name is defined."""
    return Diagnostic(span, "E202", f"unknown {noun} '{name}'", hint)


def near(context: DefinitionContext, diagnostic: Diagnostic, section: str, name: str) -> Diagnostic:
    """Show where the definition stands that was probably meant, and note it."""
    meant = nearest(name, context.table.entries[section])
    if meant is None:
        return diagnostic
    context.meant.add((section, meant))
    place = Related(name_span(context.table.entries[section][meant]), f"'{meant}' is defined here")
    return replace(diagnostic, related=(place,))


def defined_where(name: str, known: Iterable[str], place: str) -> str:
    """The nearest name; without one, where to define this one, and what there is."""
    names = list(known)
    hint = did_you_mean(name, names, noun="or name one of")
    if nearest(name, names):
        return hint or place
    return f"{place}; {hint}" if hint else place
