"""Lines to write, as they stand in the file: with the indentation of the line they replace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from runner.late_pattern import late
from runner.syntax import Document, Location

_PLAIN = late(r"[A-Za-z0-9_./+{][^#\n]*")
_LONGEST = 120


def lines_for(
    document: Document, location: Location, path: tuple[str, ...], value: str | list[Any]
) -> tuple[str, ...]:
    """The lines of the keys `path`, one below the other, with a value or a list at the end.

    Args:
        document: the file.
        location: the key that they replace.
        path: keys from the outermost to the innermost.
        value: what stands behind the last one; a list stands below it.

    Returns:
        The lines; none where the value cannot be shown on one line each.
    """
    values = [value] if isinstance(value, str) else value
    if not values or not all(_fits(v) for v in values):
        return ()
    first = _before(document, location)
    pad = " " * len(first)
    lines = [f"{'  ' * depth}{_key(key)}:" for depth, key in enumerate(path)]
    if isinstance(value, str):
        lines[-1] += f" {scalar(value, quoted=document.style(location) == 'quoted')}"
    else:
        lines += [f"{'  ' * len(path)}- {scalar(v)}" for v in value]
    return tuple((pad if n else first) + line for n, line in enumerate(lines))


def paragraph_for(document: Document, location: Location, lines: Sequence[Any]) -> tuple[str, ...]:
    """The lines of a key with one text of several lines behind it; none where they do not fit."""
    if not lines or not all(_fits(line) for line in lines):
        return ()
    first = _before(document, location)
    pad = " " * (len(first) + 2)
    return (f"{first}{_key(str(location[-1]))}: |", *(f"{pad}{line.strip()}" for line in lines))


def _fits(value: Any) -> bool:
    return isinstance(value, str) and "\n" not in value and len(value) <= _LONGEST


def scalar(text: str, *, quoted: bool = False) -> str:
    """A value as it is written: in quotes where it had them or needs them."""
    safe = _PLAIN.fullmatch(text) and ": " not in text and not text.endswith((":", " "))
    if safe and not quoted and not text.startswith("{"):
        return text
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _before(document: Document, location: Location) -> str:
    """What stands on the line before the key: spaces, and the dash of an entry."""
    column = document.key_span(location).column - 1
    there = document.written(location)
    parent = there[:-1]
    if (
        parent
        and isinstance(parent[-1], int)
        and next(iter(document.at(parent)), None) == there[-1]
    ):
        return " " * (column - 2) + "- "
    return " " * column


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][\w-]*", name) else scalar(name, quoted=True)
