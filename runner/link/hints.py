"""Helps about names that nothing defines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from runner.diagnostics import Diagnostic, Related, Span
from runner.diagnostics.nearest import did_you_mean, nearest
from runner.link.rule import DefinitionContext
from runner.link.table import name_span
from runner.schema.types.names import NAME, meant


def unknown(span: Span, noun: str, name: str, hint: str | None) -> Diagnostic:
    """Say that nothing of this name is defined."""
    return Diagnostic(span, "E202", f"unknown {noun} '{name}'", hint)


def near(context: DefinitionContext, diagnostic: Diagnostic, section: str, name: str) -> Diagnostic:
    """Show where the definition stands that was probably meant, and note it."""
    known = nearest(name, context.table.entries[section])
    if known is None:
        return diagnostic
    context.meant.add((section, known))
    place = Related(name_span(context.table.entries[section][known]), f"'{known}' is defined here")
    return replace(diagnostic, related=(place,))


def below(section: str, name: str) -> str:
    """Where to define something of this name, or of one that it could have."""
    if NAME.fullmatch(name):
        return f"write it below {section}: as {name}:"
    better = meant(name)
    if not NAME.fullmatch(better):
        return f"write a name of small letters here, and define it below {section}:"
    return f"write {better} here, and define it below {section}: as {better}:"


def defined_where(name: str, known: Iterable[str], place: str) -> str:
    """The nearest name; without one, where to define this one, and what there is."""
    names = list(known)
    hint = did_you_mean(name, names, noun="or name one of")
    if nearest(name, names):
        return hint or place
    return f"{place}; {hint}" if hint else place
