"""The loader's nodes to data and packed marks, with the rules that compose leaves unchecked."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING, Any

from runner.diagnostics import Diagnostic, Related, Span
from runner.late_pattern import late
from runner.syntax.document import STYLES, Data, again
from runner.syntax.quoting import spaces
from runner.syntax.suspects import commented_keys, in_empty, in_key, in_plain, in_quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.syntax.suspects import Suspect

MAX_REPORTS = 200
"""How many mistakes of one file are told; more are one mistake, such as a file pasted twice."""

_PLAIN, _QUOTED, _BLOCK, _MAPPING, _SEQUENCE = range(len(STYLES))
_EMPTY = len(STYLES)
_SCALARS = {None: _PLAIN, "'": _QUOTED, '"': _QUOTED, "|": _BLOCK, ">": _BLOCK}
_NAMES = 2
"""How deep the names of definitions stand."""
_WORD = late(r"[A-Za-z_][A-Za-z0-9_-]*")


def line_starts(text: str) -> array[int]:
    """Return the offset of each line's first character."""
    starts = array("I", [0])
    starts.extend(match.end() for match in re.finditer("\n", text))
    return starts


class Tree:
    """What one composed text holds.

    Attributes:
        marks: key start and end, value start and end, and style of every value, depth first.
        starts: offset of each line.
        diagnostics: mistakes that the loader's grammar lets pass, and that leave the data usable.
        lost: those whose definition is not what its author meant.
        words: identifiers of what was dropped (a key's second value).
        texts: start and end of all quoted and block texts, in order.
        depth: how many mappings are being read, one in the other.
    """

    def __init__(self, file: str, text: str) -> None:
        """Take the text that the nodes will come from."""
        self.file = file
        self.text = text
        self.marks = array("I")
        self.starts = line_starts(text)
        self.diagnostics: list[Diagnostic] = []
        self.lost: list[Diagnostic] = []
        self.words: set[str] = set()
        self.texts: list[tuple[int, int]] = []
        self.depth = 0

    def read(self, node: Any, key_start: int = 0, key_end: int = 0) -> Data:
        """Return the data of `node`, noting its marks."""
        at = len(self.marks)
        self.marks.extend((key_start, key_end, node.start_mark, node.end_mark, _EMPTY))
        if node.id == "scalar":
            return self._scalar(node, at)
        data = self._mapping(node, at) if node.id == "mapping" else self._sequence(node, at)
        self.marks[at + 3] = self._end_below(at)
        return data

    def read_comments(self) -> None:
        """Note what is wrong with comments; all else has been read."""
        if "#:" in self.text:
            self._note(commented_keys(self.text, self.texts))

    def span(self, start: int, end: int) -> Span:
        """Return the stretch between two offsets."""
        first, last = bisect_right(self.starts, start), bisect_right(self.starts, end)
        column = start - self.starts[first - 1] + 1
        return Span(self.file, first, column, last, end - self.starts[last - 1] + 1)

    def line(self, offset: int) -> tuple[str, int]:
        """Return the line of `offset`, and the column in it, from 0."""
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        return self.text[start : end if end >= 0 else None], offset - start

    def _end(self, node: Any) -> int:
        """Where the text of `node` ends, its blank last lines left out."""
        while node.id != "scalar":
            child = node.value[-1]
            if node.id == "mapping":
                key, child = child
                child = (
                    key
                    if child.id == "scalar" and not child.value and child.style is None
                    else child
                )
            node = child
        end: int = max(node.end_mark, node.start_mark)
        while end and self.text[end - 1] in " \n":
            end -= 1
        return end

    def _end_below(self, at: int) -> int:
        """Where the last value or key below ends."""
        return max(self.marks[-2], self.marks[at + 2])

    def _scalar(self, node: Any, at: int) -> Data:
        value: str = node.value
        style = _SCALARS[node.style]
        if style == _PLAIN:
            if not value:
                key_end = self.marks[at + 1]
                self._note(in_empty(self.text, key_end + 1 if key_end else node.start_mark))
                self.marks[at + 2] = self.marks[at + 3] = self.marks[at + 1]
                return None
            value = self._note(in_plain(self.text, node)) or value
        else:
            if style == _BLOCK:
                written = self.text[node.start_mark : node.end_mark]
                self.marks[at + 3] = node.start_mark + len(written.rstrip(" \n"))
            else:
                self._note(in_quoted(self.text, node))
            self.texts.append((node.start_mark, node.end_mark))
        self.marks[at + 4] = style
        return value

    def _sequence(self, node: Any, at: int) -> Data:
        self.marks[at + 4] = _SEQUENCE
        items: list[Data] = []
        for child in node.value:
            begin = len(self.marks)
            items.append(self.read(child))
            if self.marks[begin + 4] == _EMPTY:  # nothing after the dash: the dash itself is shown
                self.marks[begin + 2] = child.start_mark - 1
                self.marks[begin + 3] = child.start_mark
        return items

    def _mapping(self, node: Any, at: int) -> Data:
        self.marks[at + 4] = _MAPPING
        data: dict[str, Data] = {}
        first: dict[str, tuple[Any, Any]] = {}
        blocks: list[tuple[Any, Any]] = []
        self.depth += 1
        for key_node, value_node in node.value:
            key: str = key_node.value
            if key_node.style is None:
                self._note(in_key(key_node))
            if value_node.id == "mapping":
                blocks.append((key_node, value_node))
            if key in first:
                self._twice(key_node, value_node, first[key])
                if self._is_definition(value_node, first[key][1]):
                    later = again(key, len(data))
                    data[later] = self.read(value_node, key_node.start_mark, key_node.end_mark)
                continue
            first[key] = key_node, value_node
            data[key] = self.read(value_node, key_node.start_mark, key_node.end_mark)
        self.depth -= 1
        if len(blocks) > 1:
            self._check_siblings(blocks)
        return data

    def _twice(self, key: Any, value: Any, first: tuple[Any, Any]) -> None:
        if not self._is_definition(value, first[1]):
            self.words.update(_WORD.findall(self.text[key.start_mark : self._end(value)]))
        related = Related(self.span(first[0].start_mark, first[0].end_mark), "it stands here first")
        self._report(
            (key.start_mark, key.end_mark),
            "E021",
            f"'{key.value}' stands twice in the same block",
            self._one_of_two(key, value, first),
            (related,),
        )

    def _is_definition(self, value: Any, first: Any) -> bool:
        """Whether what stands twice is a definition to be read, and not the same once more."""
        if self.depth != _NAMES or not value.id == first.id == "mapping":
            return False
        return self._written(value) != self._written(first)

    def _one_of_two(self, key: Any, value: Any, first: tuple[Any, Any]) -> str:
        """What to do about a key that stands twice."""
        if value.id == "scalar" or value.id != first[1].id:
            return "keep one of the two, or give this one another name"
        row, end = self.span(key.start_mark, self._end(value)).line, self._end(value)
        if self.text[value.start_mark : end] == self._written(first[1]):
            last = self.span(end, end).line
            return f"delete lines {row} to {last}: they say the same as those above"
        if self.depth == _NAMES:
            return "give this one another name, or keep one of the two"
        above = self.span(first[0].start_mark, first[0].start_mark).line
        return f"put what is below it under line {above}, and delete this line"

    def _written(self, node: Any) -> str:
        return self.text[node.start_mark : self._end(node)]

    def _check_siblings(self, blocks: list[tuple[Any, Any]]) -> None:
        """A rule of strictyaml: the mappings of one block are indented alike."""
        columns = [self.line(value.start_mark)[1] for _, value in blocks]
        if len(set(columns)) == 1:
            return
        counted, step = Counter(columns), self.line(blocks[0][0].start_mark)[1] + 2
        usual = max(columns, key=lambda column: (counted[column], column == step))
        model = blocks[columns.index(usual)][0]
        for (key, value), column in zip(blocks, columns, strict=True):
            if column == usual:
                continue
            span = self.span(value.start_mark, self._end(value))
            by, side = spaces(abs(column - usual)), "left" if column > usual else "right"
            lines = f"lines {span.line} to {span.end_line}"
            if span.line == span.end_line:
                lines = f"line {span.line}"
            self._report(
                (value.start_mark, value.start_mark + 1),
                "E013",
                f"the lines below '{key.value}' start after {spaces(column)}, but those below "
                f"'{model.value}' beside it after {usual}",
                f"move {lines} by {by} to the {side}",
                (Related(self.span(model.start_mark, model.end_mark), "lines up with this one"),),
            )

    def _note(self, suspects: Iterator[Suspect]) -> str | None:
        """Tell what is wrong with a text; give what it was probably meant to be."""
        meant = None
        for suspect in suspects:
            place = (suspect.start, suspect.end)
            tell = self._lose if suspect.lost else self._report
            tell(place, suspect.code, suspect.message, suspect.help)
            meant = suspect.meant or meant
        return meant

    def _report(
        self,
        place: tuple[int, int],
        code: str,
        message: str,
        help_: str,
        related: tuple[Related, ...] = (),
    ) -> None:
        if len(self.diagnostics) < MAX_REPORTS:
            self.diagnostics.append(Diagnostic(self.span(*place), code, message, help_, related))

    def _lose(self, place: tuple[int, int], code: str, message: str, help_: str) -> None:
        if len(self.lost) < MAX_REPORTS:
            self.lost.append(Diagnostic(self.span(*place), code, message, help_))
