"""Lines that do not line up with what they belong to."""

from __future__ import annotations

import itertools
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
    first = _first_too_far(scene, start, wanted, row) if column < wanted else None
    return first or _shifted(scene, start, wanted, row)


def _first_too_far(scene: FailureContext, start: int, level: int, row: int) -> Mistake | None:
    """The first key of a block, further in than all others: it alone is the odd one."""
    lines = scene.text.split("\n")
    column, at = start - scene.line_start(start), scene.row(start)
    above = [_spaces(line) for line in lines[: row - 1] if line.strip()]
    between = [_spaces(line) for line in lines[row : at - 1] if line.strip()]
    below = [_spaces(line) for line in lines[at:] if line.strip()]
    block = itertools.takewhile(lambda spaces_: spaces_ >= column, below)
    if lines[row - 1][level : level + 1] == "-" or not above or above[-1] >= column:
        return None
    if min(between, default=level + 1) <= level or column not in block:
        return None
    message = (
        f"this line starts after {spaces(level)}, but what belongs beside it from line {at} on "
        f"after {column}"
    )
    help_ = f"delete {spaces(level - column)} at the start of line {row}"
    begin = sum(len(line) + 1 for line in lines[: row - 1]) + level
    return scene.mistake("E013", begin, scene.line_end(begin), message, help_)


def _spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


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
