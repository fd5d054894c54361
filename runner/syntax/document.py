"""A YAML file as plain data that knows where each key and value stands."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import Any, Literal, TypeAlias

from runner.diagnostics import Diagnostic, Related, Span

Data: TypeAlias = "dict[str, Data] | list[Data] | str | None"
"""What strictyaml's grammar can hold.

`None` is a key with nothing behind it (`tools:`); `""` was written with quotes.
"""

Location: TypeAlias = "tuple[str | int, ...]"
"""Keys and list positions from the root, as pydantic's `loc`."""

Style = Literal["plain", "quoted", "block", "mapping", "sequence"]

STYLES: tuple[Style, ...] = ("plain", "quoted", "block", "mapping", "sequence")

_AGAIN = "\0"
"""Goes before the number of a name that stands once more; no YAML text can hold it."""


def again(name: str, number: int) -> str:
    """The key of the definition that has a name which another one has already."""
    return f"{name}{_AGAIN}{number}"


def is_again(key: str | int) -> bool:
    """Whether a key is one of those."""
    return isinstance(key, str) and _AGAIN in key


def as_written(key: str) -> str:
    """A key as it stands in the file."""
    return key.partition(_AGAIN)[0]


_Place: TypeAlias = "tuple[int, int, int, int, int]"


class Document:
    """One file after syntax: what could be read, and what is wrong with the rest.

    Attributes:
        file: relative to the configuration folder.
        data: section → definitions. What could not be parsed is left out; a section of which
            nothing is left is empty. Where a name stands twice, the later definitions stand under
            keys of their own (`again`), so that what is wrong in them is told too.
        diagnostics: what syntax found.
        words: every identifier in the parts that were left out, so that their names are not
            called unknown.
        allows: line → codes of its `# lkrun: allow …` comment.
    """

    __slots__ = ("_lines", "_marks", "_places", "allows", "data", "diagnostics", "file", "words")

    def __init__(  # noqa: PLR0913 - one value for each attribute
        self,
        file: str,
        data: dict[str, Data],
        *,
        diagnostics: tuple[Diagnostic, ...] = (),
        words: frozenset[str] = frozenset(),
        allows: dict[int, frozenset[str]] | None = None,
        marks: bytes = b"",
        lines: bytes = b"",
    ) -> None:
        """Take `marks` and `lines` as `tree.py` packs them."""
        self.file = file
        self.data = data
        self.diagnostics = diagnostics
        self.words = words
        self.allows = allows or {}
        self._marks = marks
        self._lines = array("I", lines)
        self._places: dict[Location, _Place] | None = None

    def at(self, location: Location) -> Any:
        """Return the data that stands at a location that the file has."""
        node: Any = self.data
        for part in location:
            node = node[part]
        return node

    def written(self, location: Location) -> Location:
        """Return the same without the parts that the file does not have."""
        return self._follow(location)[0]

    def value_span(self, location: Location) -> Span:
        """Return where the value stands; for a key that is missing, its definition's name.

        Parts of `location` that the file does not have (a union's tag in pydantic's `loc`) are
        passed over.
        """
        exact = self._all_places().get(location)
        if exact is not None and exact[2] != _EMPTY:
            return self._span(exact[0], exact[1])
        path, whole = self._follow(location)
        if not whole and not (path and isinstance(self.at(path), str)):
            return self.key_span(path)  # a bare text stands for a block of its own
        start, end, style, _, _ = self._all_places()[path]
        if style == _EMPTY:
            return self.key_span(path)
        return self._span(start, end)

    def key_span(self, location: Location) -> Span:
        """Return where the last key stands; for a list's item, its first key or its value."""
        path, _ = self._follow(location)
        start, end, style, key_start, key_end = self._all_places()[path]
        if key_end:
            return self._span(key_start, key_end)
        if not path:
            return Span(self.file, 1, 1, 1, 1)
        if style == STYLES.index("mapping"):
            return self.key_span((*path, next(iter(self.at(path)))))
        return self._span(start, end)

    def style(self, location: Location) -> Style:
        """Return how the value is written."""
        path, _ = self._follow(location)
        style = self._all_places()[path][2]
        return "plain" if style == _EMPTY else STYLES[style]

    def lost_after(self, line: int) -> bool:
        """Return whether something that could not be read begins right after a line."""
        places = self._all_places().values()
        lines = self._lines
        starts = (bisect_right(lines, key or start) for start, _, _, key, _ in places)
        following = min((at for at in starts if at > line), default=None)
        return any(
            item.span.line > line and (following is None or item.span.line <= following)
            for item in self.diagnostics
            if item.severity == "error"
        )

    def ending_at(self, line: int, column: int) -> Location | None:
        """Return the value whose last character is just before this place."""
        for location, (start, end, style, _, _) in self._all_places().items():
            if style == STYLES.index("plain"):
                span = self._span(start, end)
                if (span.end_line, span.end_column) == (line, column):
                    return location
        return None

    def around(self, line: int, column: int) -> Location | None:
        """Return the text whose characters include the one at this place."""
        for location, (start, end, style, _, _) in self._all_places().items():
            if style < STYLES.index("mapping"):
                span = self._span(start, end)
                begins, ends = (span.line, span.column), (span.end_line, span.end_column)
                if begins <= (line, column) < ends:
                    return location
        return None

    def pack(self) -> list[Any]:
        """Return all of it but the file's name as plain values that `unpack` takes."""
        return [
            self.data,
            [_pack_diagnostic(item) for item in self.diagnostics],
            sorted(self.words),
            [[line, sorted(codes)] for line, codes in self.allows.items()],
            self._marks,
            self._lines.tobytes(),
        ]

    @classmethod
    def unpack(cls, file: str, packed: list[Any]) -> Document:
        """Return the document that `pack` gave, as the one of `file`.

        Raises:
            ValueError, TypeError: if `packed` never came from `pack`.
        """
        data, diagnostics, words, allows, marks, lines = packed
        if type(data) is not dict or type(marks) is not bytes or type(lines) is not bytes:
            raise TypeError("not a packed document")
        return cls(
            file,
            data,
            diagnostics=tuple(_unpack_diagnostic(file, item) for item in diagnostics),
            words=frozenset(words),
            allows={line: frozenset(codes) for line, codes in allows},
            marks=marks,
            lines=lines,
        )

    def _follow(self, location: Location) -> tuple[Location, bool]:
        """The part of `location` that exists; whether its last part does."""
        node: Any = self.data
        path: list[str | int] = []
        is_there = True
        for part in location:
            if isinstance(node, str) and part == 0:
                continue  # one text where a list may stand is its first entry
            is_there = (
                part in node
                if isinstance(node, dict)
                else isinstance(node, list) and isinstance(part, int) and 0 <= part < len(node)
            )
            if is_there:
                node = node[part]
                path.append(part)
        return tuple(path), is_there

    def _all_places(self) -> dict[Location, _Place]:
        if self._places is None:
            self._places = {(): (0, 0, _EMPTY, 0, 0)}
            if self._marks:
                _collect((), self.data, iter(array("I", self._marks)), self._places)
        return self._places

    def _span(self, start: int, end: int) -> Span:
        lines = self._lines
        first = bisect_right(lines, start)
        last = bisect_right(lines, end)
        return Span(self.file, first, start - lines[first - 1] + 1, last, end - lines[last - 1] + 1)


_EMPTY = len(STYLES)


def _collect(path: Location, data: Data, marks: Any, places: dict[Location, _Place]) -> None:
    """Take the marks of `data` and of all below it, in the order in which `tree.py` wrote them."""
    key_start, key_end, start, end, style = (next(marks) for _ in range(5))
    places[path] = (start, end, style, key_start, key_end)
    if isinstance(data, dict):
        for key, value in data.items():
            _collect((*path, key), value, marks, places)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            _collect((*path, index), value, marks, places)


def _pack_span(span: Span) -> list[int]:
    return [span.line, span.column, span.end_line, span.end_column]


def _pack_diagnostic(item: Diagnostic) -> list[Any]:
    related = [[_pack_span(other.span), other.message] for other in item.related]
    return [_pack_span(item.span), item.code, item.message, item.help, related, item.write]


def _unpack_diagnostic(file: str, packed: list[Any]) -> Diagnostic:
    span, code, message, help_, related, write = packed
    others = tuple(Related(Span(file, *place), words) for place, words in related)
    return Diagnostic(Span(file, *span), code, message, help_, others, tuple(write))
