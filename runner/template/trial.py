"""What fails whenever it is worked out, found by working it out once when the files are loaded.

Only what depends on the clock alone can be tried so: its values are there in every call.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from runner.template.findings import MOMENTS, Analysis, TemplateProblem
from runner.template.pieces import pieces
from runner.template.renderer import Failure, Renderer

_NOW: Final = datetime(2026, 12, 4, 10, 30, tzinfo=ZoneInfo("UTC"))
_VALUES: Final = {name: _NOW if name == "now" else _NOW.date() for name in MOMENTS}

_HELP: Final = (
    ("'+' cannot be used with a date", "to add to a date, write plus: now | plus('3d')"),
    ("'-' cannot be used with a date", "to go back from a date, write plus: now | plus('-3d')"),
    (
        "a date cannot be compared with",
        "compare a day, today_date >= '2026-12-24', or a time, now.strftime('%H:%M') >= '18:00'",
    ),
)
"""How a message begins → what to write instead."""


def failing(text: str, analysis: Analysis, *, condition: bool) -> tuple[TemplateProblem, ...]:
    """Find what fails with every time and day.

    Args:
        text: a text or condition that can be read.
        analysis: what it uses.
        condition: it is a condition, an expression alone.
    """
    if not any(use.path[0] in MOMENTS for use in analysis.uses):
        return ()
    failures: list[Failure] = []
    renderer = Renderer(on_error=failures.append)
    if condition:
        renderer.condition(text, _VALUES)
    else:
        renderer.render(text, _VALUES)
    certain = (each for each in failures if _certain(text, analysis, each, condition=condition))
    return tuple(
        TemplateProblem("E314", each.message, _help(each.message), each.line, each.column)
        for each in certain
    )


def _certain(text: str, analysis: Analysis, failure: Failure, *, condition: bool) -> bool:
    """Whether no value of a call has a part in it."""
    lines = text.split("\n")
    at = sum(len(line) + 1 for line in lines[: failure.line - 1]) + failure.column - 1
    begin = 0 if condition else next((p.begin for p in pieces(text) if p.begin <= at < p.end), -1)
    roots = [use.path[0] for use in analysis.uses if use.offset == begin]
    return bool(roots) and all(root in MOMENTS for root in roots)


def _help(message: str) -> str | None:
    return next((hint for begin, hint in _HELP if message.startswith(begin)), None)
