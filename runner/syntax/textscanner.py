"""The scanner's reader and scalars, each as one regular expression on the whole text."""

from __future__ import annotations

from collections import deque
from typing import Any

from runner.late_pattern import late
from runner.syntax.blocktext import block_text
from runner.syntax.strict import ScalarToken, StrictYAMLScanner

BLANK = " \t\n\0"
# not `++` at the end: before Python 3.11.5 a possessive group with a choice inside is broken
RUN = r"(?:[^ :\t\n\0]++|:(?![ \t\n\0])| +(?=[^ #:\t\n\0]|:[^ \t\n\0]))+"
"""A plain text as far as it goes on its line."""

_PLAIN = late(RUN)
_BLANKS = late(r" *(?:#[^\n\0]*)?(?:\n[ \t]*(?:#[^\n\0]*)?(?=[\n\0]))*(?:\n *(?:#[^\n\0]*)?)?")
_BLANK_LINES = late(r"(?:[ \t]*(?:#[^\n\0]*)?\n)+ *(?:#[^\n\0]*)?")
_SEPARATOR = late(r"(?:---|\.\.\.)(?:[ \t]|$)")
_BREAKS = late(r" *\n((?:[ \t]*\n)* *)")
_QUOTED = {
    '"': late(r'"([^"\\\n\0]*)"'),
    "'": late(r"'([^'\n\0]*)'(?!')"),
}
_HEADER = late(r"[|>](?:([+-])([1-9])?|([1-9])([+-])?)?(?: +#[^\n\0]*| *)(?:\n|(?=\0))")
_LEAD = late(r" *")
_BLANK_LEAD = late(r"(?: *\n)+")


class RefusedSyntax(Exception):  # noqa: N818 - a mistake of the author, no error of lkrun
    """Something that no file may hold, met at offset `index` of the text."""

    def __init__(self, kind: str, index: int) -> None:
        super().__init__(kind)
        self.kind = kind
        self.index = index


class TextScanner(StrictYAMLScanner):
    """strictyaml's scanner over a clean text, with offsets as marks."""

    def __init__(self, text: str) -> None:
        """Take the text; `scalars` remembers the tokens of the last ones."""
        self.buffer = text + "\0"
        self.encoding = None
        self.pointer = self.line = self.line_start = self.column = 0
        self.scalars: deque[Any] = deque(maxlen=3)

    def peek(self, index: int = 0) -> str:
        try:
            return self.buffer[self.pointer + index]
        except IndexError:
            return "\0"

    def prefix(self, length: int = 1) -> str:
        return self.buffer[self.pointer : self.pointer + length]

    def forward(self, length: int = 1) -> None:
        self.move(self.pointer + length)

    def get_mark(self) -> int:
        return self.pointer

    def move(self, pointer: int) -> None:
        breaks = self.buffer.count("\n", self.pointer, pointer)
        if breaks:
            self.line += breaks
            self.line_start = self.buffer.rfind("\n", self.pointer, pointer) + 1
        self.pointer = pointer
        self.column = pointer - self.line_start

    def scan_to_next_token(self) -> None:
        match = None if self.column else _BLANK_LINES.match(self.buffer, self.pointer)
        match = match or _BLANKS.match(self.buffer, self.pointer)
        end = match.end() if match else self.pointer
        if end == self.pointer:
            return
        line = self.line
        self.move(end)
        if line != self.line:
            self.allow_simple_key = True

    def scan_plain(self) -> Any:
        buffer = self.buffer
        start = self.pointer
        indent = self.indent + 1
        chunks: list[str] = []
        end = start
        while True:
            match = _PLAIN.match(buffer, self.pointer)
            if match is None:
                break
            self.allow_simple_key = False
            chunks.append(match[0])
            end = match.end()
            gap = _BREAKS.match(buffer, end)
            if gap is None:
                self.move(end)
                break
            self.allow_simple_key = True
            self.move(gap.end())
            if (
                self.column < indent
                or buffer[self.pointer] == "#"
                or (self.column == 0 and self._at_separator())
            ):
                break
            chunks.append("\n" * gap[1].count("\n") or " ")
        if len(chunks) > 1 and not chunks[-1].strip():
            chunks.pop()
        token = ScalarToken("".join(chunks), True, start, end)
        self.scalars.append(token)
        return token

    def _at_separator(self) -> bool:
        return self.prefix(3) in {"---", "..."} and self.peek(3) in BLANK

    def scan_flow_scalar(self, style: str) -> Any:
        match = _QUOTED[style].match(self.buffer, self.pointer)
        if match is None:
            token = self._scan_long_quoted(style)
        else:
            token = ScalarToken(match[1], False, match.start(), match.end(), style)
            self.column += match.end() - self.pointer
            self.pointer = match.end()
        self.scalars.append(token)
        return token

    def _scan_long_quoted(self, style: str) -> Any:
        start = self.pointer
        try:
            token = super().scan_flow_scalar(style)
        except (ValueError, OverflowError):  # an escape beyond the last character there is
            raise RefusedSyntax("escape", start) from None
        if any("\ud800" <= char <= "\udfff" for char in token.value):
            raise RefusedSyntax("escape", start)
        return token

    def scan_block_scalar(self, style: str, rt: bool | None = None) -> Any:
        del rt  # strictyaml's marks for writing folded text back
        start = self.pointer
        header = _HEADER.match(self.buffer, start)
        if header is None:
            raise RefusedSyntax("block header", start)
        self.move(header.end())
        increment = header[2] or header[3]
        blank = 0 if increment else self._skip_blank()
        lines, ended = self._block_lines(self._block_indent(increment))
        lines[:0] = [""] * blank
        chomping = header[1] or header[4]
        text = block_text(lines, style == ">", chomping, ended)
        token = ScalarToken(text, False, start, self.pointer, style)
        self.scalars.append(token)
        return token

    def _block_indent(self, increment: str | None) -> int:
        least = self.indent + 1
        if increment:
            return max(least, 1) + int(increment) - 1
        lead = _LEAD.match(self.buffer, self.pointer)
        return max(least, len(lead[0]) if lead else 0)

    def _skip_blank(self) -> int:
        """Pass the blank lines before a text; how far in they stand means nothing."""
        blank = _BLANK_LEAD.match(self.buffer, self.pointer)
        if blank is None:
            return 0
        self.move(blank.end())
        return blank[0].count("\n")

    def _block_lines(self, indent: int) -> tuple[list[str], bool]:
        """The lines of a block text, not indented; whether the last one has a line break."""
        buffer, begin = self.buffer, self.pointer
        pad = " " * indent
        lines: list[str] = []
        while True:
            end = buffer.find("\n", begin)
            line = buffer[begin:] if end < 0 else buffer[begin:end]
            if end < 0:
                line = line[:-1]
            if line.startswith(pad):
                if indent == 0 and _SEPARATOR.match(line):
                    break
                lines.append(line[indent:])
            elif line.strip(" \t"):
                break
            else:
                lines.append("")
            if end < 0:
                self.move(len(buffer) - 1)
                return lines, False
            begin = end + 1
        self.move(begin)
        return lines, True
