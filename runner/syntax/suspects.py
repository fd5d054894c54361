"""Texts that YAML takes as they are, although their author probably meant something else."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.late_pattern import late
from runner.syntax.lookalikes import BULLETS, DASHES, dash_message, odd_entry
from runner.syntax.quoting import CLOSING, OPENING, quoted, quoted_line, shortened, unescaped

if TYPE_CHECKING:
    from collections.abc import Iterator

_ITEM = late(r"^ *(-)(?= )(.*)", re.MULTILINE)
_ENTRY = late(rf"^ *(-(?=[ a-z])|[{DASHES}{BULLETS}](?= ))(.*)", re.MULTILINE)
_SLASHES = late(r"(?:^|[ \t])(//)(?=[ \t]|$)", re.MULTILINE)
_ESCAPED = late(r"""\\(?=['"]|[nt](?![a-z])|[nt](?=[a-z]{3}))""")
_HASH = late(r"[ \t]+(#(?:[^\s#]\S*(?:[ \t]+\S+)*)?)[ \t]*$", re.MULTILINE)
_HASH_KEY = late(r"^ +(#):(?:[ \t].*)?$", re.MULTILINE)
_DRIVE = late(r"\b[A-Za-z]:\\")


@dataclass(frozen=True, slots=True)
class Suspect:
    """What is wrong with a text.

    Attributes:
        start: its first offset in the file's text.
        end: the offset behind it.
        lost: whether the definition around it is not what its author meant.
        meant: the text without what does not belong to it.
    """

    start: int
    end: int
    code: str
    message: str
    help: str
    lost: bool = False
    meant: str | None = None


def in_key(node: Any) -> Iterator[Suspect]:
    """Yield what is wrong with a plain key."""
    key = node.value
    if key == "<<":
        yield Suspect(
            node.start_mark,
            node.end_mark,
            "E020",
            "'<<' (taking over the keys of another block) is not available",
            "write the keys here, one a line",
            lost=True,
        )
    elif not key.isascii():
        yield from _edges(node)
        if re.match(rf"[{DASHES}{BULLETS}] ", key):
            help_ = f"write {shortened(f'- {key[1:].strip()}:')}"
            at = node.start_mark
            yield Suspect(at, at + 1, "E018", dash_message(key[0]), help_, lost=True)


def in_plain(text: str, node: Any) -> Iterator[Suspect]:
    """Yield what is wrong with a text without quotes."""
    value, end = node.value, node.end_mark
    if text.startswith(" #", end):
        yield _cut_by_comment(text, node)
    if "//" in value:
        yield from _slashes(text, node)
    if "\\" in value:
        yield from _backslash(text, node)
    if text.find("\n", node.start_mark, end) >= 0:
        yield from _wrapped(text, node)
    if not value.isascii():
        yield from _edges(node)
        if value[0] in OPENING and len(value) > 1 and value[-1] in CLOSING:
            yield _curly(text, node)


def in_empty(text: str, at: int) -> Iterator[Suspect]:
    """Yield what is wrong with nothing: behind a key or dash a `#`, which begins a comment."""
    match = _HASH.match(text, at)
    if match is None:
        return
    line, column = _line(text, at)
    begun, value = line[:column].strip(), shortened(quoted(match[1]))
    yield Suspect(
        match.start(1),
        match.end(1),
        "E016",
        f"'#' begins a comment, so there is nothing after '{begun}'",
        f"if # belongs to the value, put it in quotes: {begun} {value}; if not, write a value, or "
        "delete the line",
    )


def commented_keys(text: str, texts: list[tuple[int, int]]) -> Iterator[Suspect]:
    """Yield the lines that begin with `#:`, which look like a key and are comments.

    Args:
        text: all of the file.
        texts: start and end of its quoted and block texts, in order.
    """
    for match in _HASH_KEY.finditer(text):
        at = match.start(1)
        before = bisect_right(texts, (at, len(text))) - 1
        if before >= 0 and at < texts[before][1]:
            continue
        help_ = 'if # is the key, put it in quotes: "#":; if not, put a space after #'
        message = "this line is a comment, because it begins with '#'"
        yield Suspect(at, at + 2, "E016", message, help_, lost=True)


def in_quoted(text: str, node: Any) -> Iterator[Suspect]:
    """Yield what is wrong with a text in quotes."""
    if node.style == "'" and "\\" in node.value:
        yield from _backslash(text, node)


def _line(text: str, offset: int) -> tuple[str, int]:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return text[start : end if end >= 0 else None], offset - start


def _on_one_line(text: str, node: Any) -> bool:
    return text.find("\n", node.start_mark, node.end_mark) < 0


def _cut_by_comment(text: str, node: Any) -> Suspect:
    line, column = _line(text, node.start_mark)
    help_ = "write two spaces before the # of a comment"
    if _on_one_line(text, node):
        help_ += f"; if # belongs to the text, put it in quotes: {quoted_line(line, column)}"
    at = node.end_mark + 1
    message = "the text ends before this '#', because one space and '#' start a comment"
    return Suspect(at, at + 1, "E016", message, help_)


def _slashes(text: str, node: Any) -> Iterator[Suspect]:
    """A comment as in JavaScript or C, which YAML takes for text."""
    match = _SLASHES.search(text, max(node.start_mark - 1, 0), node.end_mark)
    if match is None:
        return
    line, column = _line(text, node.start_mark)
    help_ = "write two spaces and # instead"
    if _on_one_line(text, node):
        help_ += f"; if // belongs to the text, put it in quotes: {quoted_line(line, column)}"
    message = "a comment begins with #, not with //, so this is part of the text"
    meant = node.value.partition("//")[0].rstrip() or None
    yield Suspect(match.start(1), match.end(1), "E016", message, help_, meant=meant)


def _backslash(text: str, node: Any) -> Iterator[Suspect]:
    """A backslash that would mean something in `"` quotes only."""
    match = _ESCAPED.search(text, node.start_mark, node.end_mark)
    if match is None or _DRIVE.search(node.value):
        return
    line, column = _line(text, node.start_mark)
    character = text[match.end()]
    message = f"the backslash before this {character} belongs to the text"
    help_ = "delete it"
    if character in "nt":
        message = f"\\{character} is no line break here, but two characters of the text"
        help_ = "write the text on several lines, below its key, with '|' behind the key"
    if _on_one_line(text, node):
        better = unescaped(node.value).removesuffix("\\")
        written = _in_double_quotes(better) if re.search(r"\\[nt]", better) else quoted(better)
        help_ = f"write {shortened(f'{line[:column].strip()} {written}'.strip())}"
    yield Suspect(match.start(), match.end() + 1, "W004", message, help_)


def _in_double_quotes(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def _curly(text: str, node: Any) -> Suspect:
    line, column = _line(text, node.start_mark)
    help_ = 'type straight quotes, ", instead of them'
    if _on_one_line(text, node):
        help_ = f"write {shortened(f'{line[:column].strip()} {quoted(node.value[1:-1])}'.strip())}"
    message = "these are curly quotes, which belong to the text"
    return Suspect(node.start_mark, node.end_mark, "W003", message, help_)


def _edges(node: Any) -> Iterator[Suspect]:
    """A no-break space looks like a space, and YAML takes it for a letter."""
    value = node.value
    odd = len(value) - len(value.lstrip())
    at = node.start_mark if odd else node.end_mark - 1
    if value != value.strip():
        yield Suspect(
            at,
            at + 1,
            "E011",
            "there is a special space here that looks like a space but is another character",
            "delete it and type a normal space, or nothing",
            lost=True,
        )


def _wrapped(text: str, node: Any) -> Iterator[Suspect]:
    """A list's entry that YAML would silently take for the text of the line above."""
    begin = text.find("\n", node.start_mark) + 1
    line, column = _line(text, node.start_mark)
    is_entry = line[:column].strip() == "-"
    match = (_ENTRY if is_entry else _ITEM).search(text, begin, node.end_mark)
    if match is None:
        return
    start = node.start_mark
    if odd := odd_entry(line[column:].rstrip()):
        help_ = f"write {shortened(f'- {odd[1]}')}"
        yield Suspect(start, start + 1, "E018", dash_message(odd[0]), help_, lost=True)
        return
    row = text.count("\n", 0, start) + 1
    help_ = (
        "line its '-' up with the other items; or, if it is text, write the text as a block: "
        "'|' after the key and the lines below"
    )
    message = f"this list item is read as part of the text in line {row}"
    yield Suspect(match.start(1), match.end(1), "E013", message, help_, lost=True)
