r"""strictyaml's own loader, made fast: the same tree and refusals; marks are plain offsets.

The text that comes in is clean (`source.characters`): `\n` is its only line break and it holds no
control characters. That allows the hot methods of the scanner to be one regular expression each.
Everything else is strictyaml's. What strictyaml refuses in the end anyway (flow style, anchors,
tags), and what lkrun does not have (`? key`, directives, a second document), is refused as soon as
the character is met, which bounds what a hostile file can cost.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Any

from runner.syntax.blocktext import block_text
from runner.syntax.strict import (
    BlockMappingStartToken,
    Composer,
    KeyToken,
    Parser,
    ScalarToken,
    SimpleKey,
    StrictYAMLScanner,
    ValueToken,
)

MAX_DEPTH = 64
MAX_KEY = 1024

_END = " \t\n\0"
_RUN = r"(?:[^ :\t\n\0]++|:(?![ \t\n\0])| +(?=[^ #:\t\n\0]|:[^ \t\n\0]))++"
_PLAIN = re.compile(_RUN)
_KEY = re.compile(rf"(?=[A-Za-z_0-9])({_RUN}) *:(?=[ \t\n\0])")
_NOT_PLAIN = frozenset("\0 \t\n-?:,[]{}#&*!|>'\"%@`.")
_BLANKS = re.compile(
    r" *(?:#[^\n\0]*)?(?:\n[ \t]*(?:#[^\n\0]*)?(?=[\n\0]))*+(?:\n *(?:#[^\n\0]*)?)?"
)
_BLANK_LINES = re.compile(r"(?:[ \t]*(?:#[^\n\0]*)?\n)++ *(?:#[^\n\0]*)?")
_SEPARATOR = re.compile(r"(?:---|\.\.\.)(?:[ \t]|$)")
_BREAKS = re.compile(r" *\n((?:[ \t]*\n)*+ *)")
_QUOTED = {
    '"': re.compile(r'"([^"\\\n\0]*)"'),
    "'": re.compile(r"'([^'\n\0]*)'(?!')"),
}
_HEADER = re.compile(r"[|>](?:([+-])([1-9])?|([1-9])([+-])?)?(?: +#[^\n\0]*| *)(?:\n|(?=\0))")
_LEAD = re.compile(r"[ \n]*")
_REFUSED = {
    "[": "flow",
    "{": "flow",
    "]": "indicator",
    "}": "indicator",
    ",": "indicator",
    "*": "alias",
    "&": "anchor",
    "!": "tag",
    "@": "indicator",
    "`": "indicator",
    "%": "indicator",
    "\t": "tab",
}


class Refused(Exception):  # noqa: N818 - a mistake of the author, no error of lkrun
    """Something that no file may hold, met at offset `index` of the text."""

    def __init__(self, kind: str, index: int) -> None:
        super().__init__(kind)
        self.kind = kind
        self.index = index


class Loader(StrictYAMLScanner, Parser, Composer):
    """Composes the one node of a clean text; every mark is an offset into that text.

    Raises:
        Refused: what stands at once against the grammar.
        MarkedYAMLError: whatever else strictyaml's scanner and parser refuse.
    """

    label = ""
    allow_flow_style = False
    flow_level = 0
    processing_version = (1, 2)
    # strictyaml looks its parts up through properties; here they are one object
    reader: Any = None
    scanner: Any = None
    parser: Any = None
    resolver: Any = None

    def __init__(self, text: str) -> None:
        self.loader = self.reader = self.scanner = self.parser = self.resolver = self
        self.buffer = text + "\0"
        self.encoding = None
        self.pointer = self.line = self.line_start = self.column = 0
        self.scalars: deque[Any] = deque(maxlen=3)
        self.anchors: dict[str, Any] = {}
        self.reset_scanner()
        self.reset_parser()

    # the resolver: every scalar is text

    def descend_resolver(self, parent: object, index: object) -> None: ...

    def ascend_resolver(self) -> None: ...

    def resolve(self, kind: object, value: object, implicit: object) -> str:
        del kind, value, implicit
        return ""

    # the reader

    def peek(self, index: int = 0) -> str:
        try:
            return self.buffer[self.pointer + index]
        except IndexError:
            return "\0"

    def prefix(self, length: int = 1) -> str:
        return self.buffer[self.pointer : self.pointer + length]

    def forward(self, length: int = 1) -> None:
        self._move(self.pointer + length)

    def get_mark(self) -> int:
        return self.pointer

    def _move(self, pointer: int) -> None:
        breaks = self.buffer.count("\n", self.pointer, pointer)
        if breaks:
            self.line += breaks
            self.line_start = self.buffer.rfind("\n", self.pointer, pointer) + 1
        self.pointer = pointer
        self.column = pointer - self.line_start

    # tokens

    def need_more_tokens(self) -> bool:
        if self.done:
            return False
        if not self.tokens:
            return True
        if not self.possible_simple_keys:
            return False
        self.stale_possible_simple_keys()
        key = self.possible_simple_keys.get(0)
        return key is not None and key.token_number == self.tokens_taken

    def check_token(self, *choices: type[Any]) -> bool:
        while self.need_more_tokens():
            self.fetch_more_tokens()
        return bool(self.tokens) and (not choices or isinstance(self.tokens[0], choices))

    def peek_token(self) -> Any:
        while self.need_more_tokens():
            self.fetch_more_tokens()
        return self.tokens[0]

    def get_token(self) -> Any:
        while self.need_more_tokens():
            self.fetch_more_tokens()
        self.tokens_taken += 1
        return self.tokens.pop(0)

    def fetch_more_tokens(self) -> None:
        self.scan_to_next_token()
        if self.possible_simple_keys:
            self.stale_possible_simple_keys()
        if self.indent > self.column:
            self.unwind_indent(self.column)
        char = self.buffer[self.pointer]
        if char in _NOT_PLAIN:
            self._fetch_indicator(char)
        elif not (self.allow_simple_key and self._fetch_key()):
            self.fetch_plain()

    def _fetch_key(self) -> bool:
        """A plain key, its colon and, where it opens a mapping, that too, in one go."""
        match = _KEY.match(self.buffer, self.pointer)
        if match is None or match.end() - 1 - self.pointer > MAX_KEY:
            return False
        if self.possible_simple_keys:
            self.remove_possible_simple_key()
        start, end = match.span(1)
        tokens = self.tokens
        if self.add_indent(self.column):
            tokens.append(BlockMappingStartToken(start, start))
        tokens.append(KeyToken(start, start))
        scalar = ScalarToken(match[1], True, start, end)
        self.scalars.append(scalar)
        tokens.append(scalar)
        tokens.append(ValueToken(match.end() - 1, match.end()))
        self.allow_simple_key = False
        self.column += match.end() - self.pointer
        self.pointer = match.end()
        return True

    def _fetch_indicator(self, char: str) -> None:
        following = self.buffer[self.pointer + 1 : self.pointer + 2]
        if char == "\0":
            self.fetch_stream_end()
        elif char in "-.%" and self.column == 0 and self._fetch_marker(char):
            pass
        elif char in "-?:" and following in _END:
            self._fetch_block_indicator(char)
        elif char in "-?:.":
            self.fetch_plain()
        elif char in _QUOTED:
            self.fetch_flow_scalar(char)
        elif char in "|>":
            self.fetch_block_scalar(char)
        else:
            raise Refused(_REFUSED[char], self.pointer)

    def _fetch_block_indicator(self, char: str) -> None:
        if char == "-":
            self.fetch_block_entry()
        elif char == ":" and 0 in self.possible_simple_keys:
            self.fetch_value()
        elif char == ":" and not self.allow_simple_key:
            raise Refused("colon", self.pointer)
        else:
            raise Refused("complex key", self.pointer)

    def _fetch_marker(self, char: str) -> bool:
        """`---`, `...` and `%…` at the start of a line."""
        if char == "%":
            raise Refused("directive", self.pointer)
        if self.prefix(3) != char * 3 or self.peek(3) not in _END:
            return False
        if char == "." or self.tokens_taken + len(self.tokens) > 1:
            raise Refused("document", self.pointer)
        self.fetch_document_start()
        return True

    def add_indent(self, column: int) -> bool:
        if self.indent >= column:
            return False
        if len(self.indents) >= MAX_DEPTH:
            raise Refused("depth", self.pointer)
        self.indents.append(self.indent)
        self.indent = column
        return True

    # simple keys

    def stale_possible_simple_keys(self) -> None:
        key = self.possible_simple_keys.get(0)
        if key is None or (key.line == self.line and self.pointer - key.index <= MAX_KEY):
            return
        if key.required:
            raise Refused("no colon", key.index)
        del self.possible_simple_keys[0]

    def remove_possible_simple_key(self) -> None:
        key = self.possible_simple_keys.pop(0, None)
        if key is not None and key.required:
            raise Refused("no colon", key.index)

    def save_possible_simple_key(self) -> None:
        if not self.allow_simple_key:
            return
        self.remove_possible_simple_key()
        self.possible_simple_keys[0] = SimpleKey(
            self.tokens_taken + len(self.tokens),
            self.indent == self.column,
            self.pointer,
            self.line,
            self.column,
            self.pointer,
        )

    # scanning

    def scan_to_next_token(self) -> None:
        match = None if self.column else _BLANK_LINES.match(self.buffer, self.pointer)
        match = match or _BLANKS.match(self.buffer, self.pointer)
        end = match.end() if match else self.pointer
        if end == self.pointer:
            return
        line = self.line
        self._move(end)
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
                self._move(end)
                break
            self.allow_simple_key = True
            self._move(gap.end())
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
        return self.prefix(3) in {"---", "..."} and self.peek(3) in _END

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
            raise Refused("escape", start) from None
        if any("\ud800" <= char <= "\udfff" for char in token.value):
            raise Refused("escape", start)
        return token

    def scan_block_scalar(self, style: str, rt: bool | None = None) -> Any:
        del rt  # strictyaml's marks for writing folded text back
        start = self.pointer
        header = _HEADER.match(self.buffer, start)
        if header is None:
            raise Refused("block header", start)
        self._move(header.end())
        indent = self._block_indent(header[2] or header[3])
        lines, ended = self._block_lines(indent)
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
        return max(least, *map(len, (lead[0] if lead else "").split("\n")))

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
                self._move(len(buffer) - 1)
                return lines, False
            begin = end + 1
        self._move(begin)
        return lines, True
