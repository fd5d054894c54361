"""Lines that do not line up with what they belong to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.syntax.quoting import shortened, spaces

if TYPE_CHECKING:
    from runner.syntax.scene import FailureContext, Mistake


def misplaced(scene: FailureContext, at: int) -> Mistake:
    """A line whose indentation fits nothing above it."""
    start = scene.line_text(at)
    column = start - scene.line_start(at)
    levels = scene.levels(at)
    if not levels:
        return _first(scene, start, column)
    key = _is_key(scene, start)
    wanted = min(
        levels,
        key=lambda level: (
            abs(level - column),
            key and not _is_key(scene, levels[level]),
            -level,
        ),
    )
    row = scene.row(levels[wanted])
    if wanted == column:
        return _mixed(scene, start, row)
    return _shifted(scene, start, wanted, row)


def _is_key(scene: FailureContext, at: int) -> bool:
    line, column = scene.line(at)
    return re.match(r"[\w-]+\s*:(\s|$)", line[column:]) is not None


def unlisted(scene: FailureContext, at: int) -> Mistake:
    """A list item among keys, or one that does not line up with the items above."""
    start = scene.line_text(at)
    column = start - scene.line_start(at)
    levels = scene.levels(at)
    dashes = {level: place for level, place in levels.items() if scene.text[place] == "-"}
    near = [level for level in dashes if abs(level - column) <= _NEAR and level != column]
    if near and column not in levels:
        wanted = min(near, key=lambda level: (abs(level - column), -level))
        return _shifted(scene, start, wanted, scene.row(dashes[wanted]))
    if column in levels:
        return _mixed(scene, start, scene.row(levels[column]))
    return misplaced(scene, at)


_NEAR = 3


def _first(scene: FailureContext, start: int, column: int) -> Mistake:
    message = f"this line starts after {spaces(column)}, and nothing above it explains that"
    return scene.mistake(
        "E013", start, scene.line_end(start), message, "delete the spaces before it"
    )


def _shifted(scene: FailureContext, start: int, wanted: int, row: int) -> Mistake:
    column = start - scene.line_start(start)
    count = abs(column - wanted)
    change = f"take {spaces(count)} away" if column > wanted else f"add {spaces(count)}"
    line = shortened(scene.text.split("\n")[row - 1].strip())
    message = f"this line starts after {spaces(column)}, which lines up with nothing above it"
    help_ = f"{change}, so that it starts after {spaces(wanted)} like line {row} ({line})"
    related = (row - 1, "it should line up with this line")
    return scene.mistake("E013", start, scene.line_end(start), message, help_, related=related)


def _mixed(scene: FailureContext, start: int, row: int) -> Mistake:
    dash = re.match(r"-(\s|$)", scene.text[start : start + 2])
    if dash:
        message = "a list item stands among keys here"
        help_ = (
            "indent it further, below the key that it belongs to; "
            f"or write 'key: value', like line {row}"
        )
    else:
        message = "a key stands among list items here"
        help_ = f"put '- ' before it to make it an entry, like line {row}; or move it to the left"
    return scene.mistake("E025", start, scene.line_end(start), message, help_)
