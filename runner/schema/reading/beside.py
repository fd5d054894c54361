"""Keys that stand beside the key that they belong below: a block that was not indented."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from runner.diagnostics import Diagnostic, Related
from runner.syntax import Document, Location


def followers(names: Iterable[str], empty: str, belongs: Callable[[str], bool]) -> list[str]:
    """The names right behind an empty key, as long as each may belong below it."""
    listed = list(names)
    behind = []
    for name in listed[listed.index(empty) + 1 :]:
        if not belongs(name):
            break
        behind.append(name)
    return behind


def not_below(document: Document, empty: Location, first: str) -> Diagnostic:
    """The mistake of the first key that should have been indented below an empty one."""
    owner, span = str(empty[-1]), document.key_span((*empty[:-1], first))
    return Diagnostic(
        span,
        "E013",
        f"'{first}' stands beside '{owner}', not below it",
        f"put two more spaces before this line, and before each line that belongs to '{owner}'",
        (Related(document.key_span(empty), f"'{owner}' stands here, with nothing below it"),),
    )
