"""From a place inside a value to the place in the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from runner.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Pinpoint:
    """Finds words of a value in the text of its file, however the value was quoted or wrapped.

    Attributes:
        lines: file → its lines.
    """

    lines: Mapping[str, list[str]]

    def at(self, place: Span, text: str, line: int, column: int, word: str) -> Span:
        """The span within `place` of `word`, or else of what stands at a line and column of `text`.

        Falls back to `place` where it cannot be found, as in a value that is written with escapes.
        """
        word = word or _word_at(text, line, column)
        if not word:
            return place
        pattern = re.compile(
            rf"(?<![\w.]){re.escape(word)}(?!\w)" if word[0].isalnum() else re.escape(word)
        )
        before = _offset(text, line, column)
        nth = sum(1 for match in pattern.finditer(text) if match.start() < before)
        lines = self.lines.get(place.file, [])
        for number in range(place.line, min(place.end_line, len(lines)) + 1):
            begin = place.column - 1 if number == place.line else 0
            end = place.end_column - 1 if number == place.end_line else None
            for match in pattern.finditer(lines[number - 1][:end], begin):
                if nth == 0:
                    return Span(place.file, number, match.start() + 1, number, match.end() + 1)
                nth -= 1
        return place


def _offset(text: str, line: int, column: int) -> int:
    lines = text.split("\n")
    return sum(len(row) + 1 for row in lines[: line - 1]) + column - 1


def _word_at(text: str, line: int, column: int) -> str:
    rest = text[_offset(text, line, column) :]
    match = re.match(r"[\w.]+|\{\{|\{%|\{#|\S", rest)
    return match[0] if match else ""
