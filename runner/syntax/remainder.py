"""What is left of a text when the definitions with mistakes are taken out."""

from __future__ import annotations

from runner.late_pattern import late

_WORD = late(r"[A-Za-z_][A-Za-z0-9_-]*")
_SECTION = late(r"([A-Za-z_][A-Za-z0-9_-]*)\s*:\s*(?:#.*)?$")


class Remainder:
    """The lines of a text, of which more and more are blanked; line numbers stay.

    Attributes:
        lines: as they are now.
        words: every identifier in the lines that were left out.
        sections: names of sections of which a definition was left out.
    """

    def __init__(self, text: str) -> None:
        """Take the whole text."""
        self.lines = text.split("\n")
        self.words: set[str] = set()
        self.sections: set[str] = set()

    @property
    def text(self) -> str:
        """The lines that are left."""
        return "\n".join(self.lines)

    def leave_out(self, row: int, *, line_only: bool = False) -> None:
        """Blank the definition around `row`, or else the whole top-level block."""
        if not 0 <= row < len(self.lines):
            row = len(self.lines) - 1
        first, last = (row, row + 1) if line_only else self._definition(row)
        if not self._blank(first, last):
            self._blank(0, len(self.lines))

    def leave_out_rest(self, row: int) -> None:
        """Blank everything from the definition around `row` to the end."""
        first, _ = self._definition(row)
        self._blank(first, len(self.lines))

    def _definition(self, row: int) -> tuple[int, int]:
        section = self._back_to(row, 0)
        if section == row:
            return row, self._next_at(row + 1, 0)
        first = self._next_text(section + 1)
        level = _indent(self.lines[first])
        tabbed = first == row and self.lines[first].lstrip(" ").startswith("\t")
        if first > row or level == 0 or tabbed:
            return section, self._next_at(section + 1, 0)
        start = self._back_to(row, level)
        heading = _SECTION.match(self.lines[section])
        if heading is None or start <= section:
            return section, self._next_at(section + 1, 0)
        self.sections.add(heading[1])
        return start, self._next_at(start + 1, level)

    def _back_to(self, row: int, level: int) -> int:
        """The nearest line at or above `row` that is indented by `level` or less."""
        while row > 0 and (not _is_text(self.lines[row]) or _indent(self.lines[row]) > level):
            row -= 1
        return row

    def _next_at(self, row: int, level: int) -> int:
        """The nearest line from `row` on that is indented by `level` or less."""
        while row < len(self.lines):
            line = self.lines[row]
            if _is_text(line) and _indent(line) <= level:
                break
            row += 1
        return row

    def _next_text(self, row: int) -> int:
        while row < len(self.lines) - 1 and not _is_text(self.lines[row]):
            row += 1
        return row

    def _blank(self, first: int, last: int) -> bool:
        blanked = False
        for row in range(first, last):
            line = self.lines[row]
            if line:
                blanked = blanked or bool(line.strip())
                self.words.update(_WORD.findall(line))
                self.lines[row] = ""
        return blanked


def _is_text(line: str) -> bool:
    text = line.lstrip()
    return bool(text) and text[0] != "#"


def _indent(line: str) -> int:
    lead = line[: len(line) - len(line.lstrip(" \t\u00a0\u200b\ufeff"))]
    lead = lead.replace("\u200b", "").replace("\ufeff", "")
    return len(lead.expandtabs())  # a line with a tab belongs to what is above it
