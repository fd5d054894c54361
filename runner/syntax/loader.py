r"""strictyaml's own loader, made fast: the same tree and refusals; marks are plain offsets.

The text that comes in is clean (`source.characters`): `\n` is its only line break and it holds no
control characters. That allows the hot methods of the scanner to be one regular expression each.
Everything else is strictyaml's. What strictyaml refuses in the end anyway (flow style, anchors,
tags), and what lkrun does not have (`? key`, directives, a second document), is refused as soon as
the character is met, which bounds what a hostile file can cost.
"""

from __future__ import annotations

from typing import Any

from runner.late_pattern import late
from runner.syntax.composing import BlockComposer
from runner.syntax.strict import (
    BlockMappingStartToken,
    KeyToken,
    ScalarToken,
    SimpleKey,
    ValueToken,
)
from runner.syntax.textscanner import BLANK, RUN, RefusedSyntax, TextScanner

__all__ = ["Loader", "RefusedSyntax"]

MAX_DEPTH = 64
MAX_KEY = 1024

_KEY = late(rf"(?=[A-Za-z_0-9])({RUN}) *:(?=[ \t\n\0])")
_NOT_PLAIN = frozenset("\0 \t\n-?:,[]{}#&*!|>'\"%@`.")
_QUOTES = frozenset("'\"")
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


class Loader(TextScanner, BlockComposer):
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
        """Take the clean text."""
        super().__init__(text)
        self.loader = self.reader = self.scanner = self.parser = self.resolver = self
        self.anchors: dict[str, Any] = {}
        self.reset_scanner()
        self.reset_parser()

    # the resolver: every scalar is text

    def descend_resolver(self, parent: object, index: object) -> None: ...

    def ascend_resolver(self) -> None: ...

    def resolve(self, kind: object, value: object, implicit: object) -> str:
        del kind, value, implicit
        return ""

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
        elif char in "-?:" and following in BLANK:
            self._fetch_block_indicator(char)
        elif char in "-?:.":
            self.fetch_plain()
        elif char in _QUOTES:
            self.fetch_flow_scalar(char)
        elif char in "|>":
            self.fetch_block_scalar(char)
        else:
            raise RefusedSyntax(_REFUSED[char], self.pointer)

    def _fetch_block_indicator(self, char: str) -> None:
        if char == "-":
            self.fetch_block_entry()
        elif char == ":" and 0 in self.possible_simple_keys:
            self.fetch_value()
        elif char == ":" and not self.allow_simple_key:
            raise RefusedSyntax("colon", self.pointer)
        else:
            raise RefusedSyntax("complex key", self.pointer)

    def _fetch_marker(self, char: str) -> bool:
        """`---`, `...` and `%…` at the start of a line."""
        if char == "%":
            raise RefusedSyntax("directive", self.pointer)
        if self.prefix(3) != char * 3 or self.peek(3) not in BLANK:
            return False
        if char == "." or self.tokens_taken + len(self.tokens) > 1:
            raise RefusedSyntax("document", self.pointer)
        self.fetch_document_start()
        return True

    def add_indent(self, column: int) -> bool:
        if self.indent >= column:
            return False
        if len(self.indents) >= MAX_DEPTH:
            raise RefusedSyntax("depth", self.pointer)
        self.indents.append(self.indent)
        self.indent = column
        return True

    # simple keys

    def stale_possible_simple_keys(self) -> None:
        key = self.possible_simple_keys.get(0)
        if key is None or (key.line == self.line and self.pointer - key.index <= MAX_KEY):
            return
        if key.required:
            raise RefusedSyntax("no colon", key.index)
        del self.possible_simple_keys[0]

    def remove_possible_simple_key(self) -> None:
        key = self.possible_simple_keys.pop(0, None)
        if key is not None and key.required:
            raise RefusedSyntax("no colon", key.index)

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
