"""A text of several lines without the `|` behind its key, as far as YAML then misreads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.late_pattern import late

if TYPE_CHECKING:
    from runner.syntax.scene import FailureContext, Mistake

_OWNER = late(r"(\s*(?:- +)*[A-Za-z_][\w-]*:)(?:\s+(?![|>#])(\S.*?))?\s*$")
_NO_TEXT = late(r"#|- |-$|[a-z_][\w-]*:(?:\s|$)")


@dataclass(frozen=True, slots=True)
class UnmarkedText:
    """The key of such a text, and its lines.

    Attributes:
        row: the line of the key, from 1.
        key: with its colon, indented as it is.
        beside: what of the text stands on the line of its key.
        lines: those below the key.
    """

    row: int
    key: str
    beside: str
    lines: list[str]

    def help(self) -> tuple[str, tuple[str, ...]]:
        """What to do, and the lines to write."""
        if not self.beside:
            return f"write '{self.key.strip()} |' in line {self.row}", ()
        indent = min(_indent(line) for line in self.lines)
        written = (f"{self.key} |", " " * indent + self.beside)
        return f"write line {self.row} as two lines, and leave those below it as they are:", written


def unmarked_text(scene: FailureContext, at: int, least: int = 2) -> UnmarkedText | None:
    """Return the text that the line of `at` belongs to, if it has `least` lines and no key."""
    lines = scene.text.split("\n")
    row = scene.row(at) - 1
    column = _indent(lines[row])
    above = next((r for r in range(row - 1, -1, -1) if _begins_before(lines[r], column)), None)
    owner = _OWNER.match(lines[above]) if above is not None else None
    if above is None or owner is None:
        return None
    below: list[str] = []
    for line in lines[above + 1 :]:
        if _begins_before(line, _indent(lines[above]) + 1):
            break
        below += [line] if line.strip() else []
    beside = owner[2] or ""
    enough = len(below) + bool(beside) >= least
    texts = not any(_NO_TEXT.match(line.lstrip(" ")) for line in below)
    return UnmarkedText(above + 1, owner[1], beside, below) if enough and texts else None


def unmarked(scene: FailureContext, at: int) -> Mistake | None:
    """Return the mistake of such a text at its line that cannot be read without the `|`."""
    text = unmarked_text(scene, at)
    if text is None:
        return None
    help_, write = text.help()
    message = f"'{text.key.strip(' -:')}' has a text of several lines, and no '|' behind its colon"
    return scene.mistake("E014", at, scene.line_end(at), message, help_, write=write)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _begins_before(line: str, column: int) -> bool:
    return bool(line.strip()) and _indent(line) < column
