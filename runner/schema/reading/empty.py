"""Keys, and dashes of lists, with nothing behind them."""

from __future__ import annotations

from runner.diagnostics import Diagnostic
from runner.syntax import Document, Location


def is_comment(document: Document, empty: Location) -> bool:
    """Whether what stands behind an empty key was taken for a comment, which is told already."""
    line = document.key_span(empty).line
    return any(d.code == "E016" and d.span.line == line for d in document.diagnostics)


def without_value(document: Document, location: Location) -> Diagnostic:
    """The mistake of a key, or the dash of an entry, with nothing behind it."""
    last = location[-1]
    if isinstance(last, int):
        return Diagnostic(
            document.value_span(location),
            "E105",
            "there is nothing after this dash",
            "write an entry, or delete the line",
        )
    return Diagnostic(
        document.key_span(location),
        "E105",
        f"'{last}' has no value",
        "write its value behind the colon or on the lines below, or delete the line",
    )
