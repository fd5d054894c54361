"""Diagnostics as text for people, JSON for programs, annotations for GitHub."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.diagnostics import Diagnostic, Related, Span

FLOOD = 100
"""How many diagnostics the text form shows before it only counts."""

_WIDEST = 160
"""Longest piece of a source line that is shown."""

Lines = Mapping[str, Sequence[str]]
"""File → its lines."""


@dataclass(frozen=True, slots=True)
class Colours:
    """Terminal colours; all empty where there are none."""

    error: str = ""
    warning: str = ""
    help: str = ""
    place: str = ""
    off: str = ""

    def of(self, diagnostic: Diagnostic) -> str:
        """The colour of a diagnostic's severity."""
        return self.error if diagnostic.severity == "error" else self.warning


PLAIN = Colours()
BRIGHT = Colours("\x1b[1;31m", "\x1b[1;33m", "\x1b[36m", "\x1b[1m", "\x1b[0m")


def text(diagnostics: Sequence[Diagnostic], lines: Lines, colours: Colours = PLAIN) -> str:
    """Show each diagnostic with its source line, a caret, and help; a flood is cut and counted."""
    shown = [_one(d, lines, colours) for d in diagnostics[:FLOOD]]
    rest = len(diagnostics) - FLOOD
    if rest > 0:
        shown.append(f"… and {rest} more: mend these first, or use --format json to see all\n")
    return "\n".join(shown)


def more(diagnostics: Iterable[Diagnostic]) -> str | None:
    """Say once, at the end, where the long form of what was told can be read."""
    codes = sorted({d.code for d in diagnostics}, key=lambda code: (code[0] != "E", code))
    if not codes:
        return None
    others = f" (and so for {_listed(codes[1:])})" if len(codes) > 1 else ""
    return f"more about {codes[0]}: lkrun explain {codes[0]}{others}"


def listing(
    diagnostics: Sequence[Diagnostic], lines: Lines, files: int, colours: Colours = PLAIN
) -> str:
    """What a person is told of a folder: its diagnostics, how many, and where more stands."""
    parts = [text(diagnostics, lines, colours) if diagnostics else None]
    parts += [summary(diagnostics, files), more(diagnostics)]
    return "\n".join(part for part in parts if part is not None)


_NAMED = 3


def _listed(codes: Sequence[str]) -> str:
    if len(codes) > _NAMED:
        return f"the {len(codes)} other codes"
    return " and ".join(filter(None, (", ".join(codes[:-1]), codes[-1])))


def summary(diagnostics: Iterable[Diagnostic], files: int) -> str:
    """Say in one line what came of a check."""
    listed = list(diagnostics)
    errors = sum(d.severity == "error" for d in listed)
    warnings = len(listed) - errors
    counted = f"{files} file{'s' if files != 1 else ''}"
    if not listed:
        return f"{counted} checked: no mistakes"
    parts = [_count(errors, "error")] if errors else []
    parts += [_count(warnings, "warning")] if warnings else []
    return f"{counted} checked: {', '.join(parts)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _one(diagnostic: Diagnostic, lines: Lines, colours: Colours) -> str:
    span = diagnostic.span
    label = f"{colours.of(diagnostic)}{diagnostic.severity}[{diagnostic.code}]{colours.off}"
    shown = [f"{_place(span, colours)} {label}: {printable(diagnostic.message)}"]
    shown += _source(diagnostic, lines, colours.of(diagnostic), colours.off)
    for related in diagnostic.related:
        shown.append(f"  {_place(related.span, colours)} {printable(related.message)}")
    if diagnostic.help:
        shown.append(f"  {colours.help}help:{colours.off} {printable(diagnostic.help)}")
    shown += [f"{_GUTTER}{printable(line)}" for line in diagnostic.write]
    return "\n".join(shown) + "\n"


def _place(span: Span, colours: Colours) -> str:
    return f"{colours.place}{printable(span.file)}:{span.line}:{span.column}:{colours.off}"


_GUTTER = "      | "


_HIDDEN = frozenset({"W220"})
"""Codes whose place is not shown in full: what a terminal or a log shows is copied on."""

_SHOWN_OF_A_SECRET = 4


def _source(diagnostic: Diagnostic, lines: Lines, colour: str, off: str) -> list[str]:
    span = diagnostic.span
    source = lines.get(span.file, ())
    if not 0 < span.line <= len(source):
        return []
    line = source[span.line - 1].rstrip("\n")
    if not line.strip():
        return []
    begin = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    cut = max(0, begin - _WIDEST // 2) if len(line) > _WIDEST else 0
    piece = line[cut : cut + _WIDEST]
    before = piece[: begin - cut]
    marked = piece[begin - cut : max(end - cut, begin - cut + 1)] or " "
    if diagnostic.code in _HIDDEN:
        marked = marked[:_SHOWN_OF_A_SECRET] + "\u2026"
        piece = before + marked + piece[end - cut :]
    number = f"{span.line:>5} | "
    return [
        number + printable(piece),
        _GUTTER + " " * width(before) + colour + "^" * max(width(marked), 1) + off,
    ]


def printable(value: str) -> str:
    """Make control characters visible, so that no file can steer the terminal."""
    return "".join(c if c.isprintable() or c == " " else _escape(c) for c in value)


def _escape(character: str) -> str:
    if character == "\t":
        return " "
    return character.encode("unicode_escape", "surrogatepass").decode()


def width(value: str) -> int:
    """Columns that a text takes on a terminal (East Asian Width; combining marks take none)."""
    return sum(
        0
        if unicodedata.combining(c)
        else 2
        if unicodedata.east_asian_width(c) in "WF"
        else len(printable(c))
        for c in value
    )


def as_json(diagnostics: Iterable[Diagnostic], files: int) -> dict[str, Any]:
    """The document of `lkrun check --format json`."""
    listed = list(diagnostics)
    return {
        "ok": not any(d.severity == "error" for d in listed),
        "files": files,
        "diagnostics": [diagnostic_data(d) for d in listed],
    }


def diagnostic_data(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic as plain data."""
    span = diagnostic.span
    return {
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "file": _utf8(span.file),
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "message": diagnostic.message,
        "help": diagnostic.advice,
        "related": [_related(r) for r in diagnostic.related],
    }


def _related(related: Related) -> dict[str, Any]:
    span = related.span
    return {
        "file": _utf8(span.file),
        "line": span.line,
        "column": span.column,
        "message": related.message,
    }


def _utf8(value: str) -> str:
    return value.encode("utf-8", "backslashreplace").decode()


def json_text(diagnostics: Iterable[Diagnostic], files: int) -> str:
    """The same as text."""
    return json.dumps(as_json(diagnostics, files), ensure_ascii=False, indent=2)


def github(diagnostics: Iterable[Diagnostic], folder: str) -> str:
    """Workflow commands of GitHub Actions: each an annotation at its line.

    Follows https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
    """
    return "".join(_annotation(d, folder) for d in diagnostics)


def _annotation(diagnostic: Diagnostic, folder: str) -> str:
    span = diagnostic.span
    file = folder if span.file == "." else f"{folder}/{span.file}"
    message = diagnostic.message + (f"\nhelp: {diagnostic.advice}" if diagnostic.advice else "")
    place = f"file={_property(file)},line={span.line},endLine={span.end_line},col={span.column}"
    if span.end_line == span.line:
        place += f",endColumn={span.end_column}"
    return f"::{diagnostic.severity} {place},title={diagnostic.code}::{_data(message)}\n"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(_utf8(value)).replace(":", "%3A").replace(",", "%2C")
