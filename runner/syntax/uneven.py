"""A block text (`|`, `>`) whose lines do not begin at the same place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.late_pattern import late
from runner.syntax.quoting import spaces

if TYPE_CHECKING:
    from runner.syntax.scene import FailureContext, Mistake, ScannedScalar

_KEY = late(r"[A-Za-z_]\w*:(\s|$)")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is not blank: its row from 0, and how many spaces it begins with."""

    row: int
    column: int


def first_line_further_in(scene: FailureContext, at: int) -> Mistake | None:
    """Return the mistake of a text whose first lines stand further in than those below.

    The first line decides how far a text is indented; where the other lines are more, it is the
    odd one.

    Args:
        scene: the text and how far the loader came.
        at: the line that ended the text, although it is indented below the text's key.
    """
    block = scene.before(at)
    gap = "" if block is None else scene.text[block.end : at]
    if block is None or not block.block or not re.fullmatch(r"\s*(#.*\s*)*", gap):
        return None
    at = block.end + len(gap) - len(gap.lstrip())  # a heading of Markdown is taken for a comment
    owner, mark = scene.line(block.start)
    parent = len(owner) - len(owner.lstrip(" "))
    column = scene.line(at)[1]
    if column <= parent or (column == parent + 1 and _KEY.match(scene.line(at)[0], column)):
        return None
    high = _lines(scene, scene.line_start(block.start), scene.line_start(at))[1:]
    if not high:
        return _number_too_high(scene, block, column - parent)
    low, returns = _lower(scene, at, parent, high)
    header = owner[:mark].strip() + " " + owner[mark]
    usual = parent + 2
    fewer = len(low) < len(high) or (len(low) == len(high) and high[0].column == usual)
    if fewer or returns:
        return None  # the later line is told as any that lines up with nothing
    return _too_far_right(scene, block, high, low, (header, parent))


def _number_too_high(scene: FailureContext, block: ScannedScalar, indented: int) -> Mistake:
    """The mistake of a number behind `|` that no line of the text stands as far in as."""
    owner, mark = scene.line(block.start)
    header = scene.text[block.start : scene.line_end(block.start)].split()[0]
    wanted = next(int(char) for char in header if char.isdigit())
    message = (
        f"'{header}' means that each line of this text stands {spaces(wanted)} further in than its "
        f"key, but its first stands {indented}"
    )
    plain = owner[:mark].strip() + " " + "".join(c for c in header if not c.isdigit())
    help_ = f"write '{plain}' in line {scene.row(block.start)}"
    return scene.mistake("E013", block.start, block.start + len(header), message, help_)


def _too_far_right(
    scene: FailureContext,
    block: ScannedScalar,
    high: list[_Line],
    low: list[_Line],
    header: tuple[str, int],
) -> Mistake:
    least = min(low, key=lambda line: line.column)
    wanted = least.column
    first, last = high[0], high[-1]
    start = _offset(scene, first)
    what = "the first line of this text starts" if len(high) == 1 else "this text starts"
    message = (
        f"{what} after {spaces(first.column)}, "
        f"but its lines from line {least.row + 1} on after {least.column}"
    )
    where = f"line {first.row + 1}" if first is last else f"lines {first.row + 1} to {last.row + 1}"
    help_ = f"delete {spaces(first.column - wanted)} at the start of {where}"
    key, parent = header
    help_ += f"; or, to keep them, write '{key}{wanted - parent}' in line {scene.row(block.start)}"
    return scene.mistake("E013", start, scene.line_end(start), message, help_)


def _lower(
    scene: FailureContext, at: int, parent: int, high: list[_Line]
) -> tuple[list[_Line], bool]:
    """The lines from `at` on that stand between key and text; whether the text goes on below."""
    low: list[_Line] = []
    for line in _lines(scene, scene.line_start(at), len(scene.text)):
        if line.column <= parent:
            break
        if line.column >= high[0].column:
            return low, True
        low.append(line)
    return low, False


def _lines(scene: FailureContext, begin: int, end: int) -> list[_Line]:
    first = scene.row(begin) - 1
    return [
        _Line(row, len(line) - len(line.lstrip(" ")))
        for row, line in enumerate(scene.text[begin:end].split("\n"), first)
        if line.strip()
    ]


def _offset(scene: FailureContext, line: _Line) -> int:
    lines = scene.text.split("\n")
    return sum(len(text) + 1 for text in lines[: line.row]) + line.column
