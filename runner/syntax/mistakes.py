"""What a refusal of the loader means, in words for people: one function for each kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.syntax import values
from runner.syntax.indentation import misplaced, unlisted
from runner.syntax.quoting import quoted_line, shortened
from runner.syntax.tree import spaces

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.syntax.scene import FailureContext, Mistake, ScannedScalar

_NAME = r"[A-Za-z_][\w-]*"
_KEY = re.compile(rf"\s*(?:- +)*(?:{_NAME}|\"[^\"]*\"|'[^']*')\s*:(?:\s|$)")
_GLUED = re.compile(rf"(\s*(?:- +)*)({_NAME}):(\S.*)$")
_EQUALS = re.compile(rf"(\s*(?:- +)*)({_NAME})\s*=\s*(\S.*)$")


def explain(scene: FailureContext, kind: str, at: int, context: int | None = None) -> Mistake:
    """Return the mistake behind a refusal.

    Args:
        scene: the text and how far the loader came.
        kind: a `Refused.kind`, or strictyaml's own words for its problem.
        at: the offset that the refusal names.
        context: the offset at which the refused thing began, where that is known.
    """
    for words, known in _WORDS.items():
        if kind.startswith(words):
            kind = known
            break
    begun = at if context is None else context
    special = _special_indent(scene, at)
    if special is not None:
        return special
    return _KINDS.get(kind, _other)(scene, begun if kind == "quote" else at)


def _special_indent(scene: FailureContext, at: int) -> Mistake | None:
    """A line at or right above the place that is indented with what only looks like spaces."""
    start = scene.line_start(at)
    for begin in (start, scene.line_start(max(start - 1, 0))):
        found = re.match(rf" *({_SPECIAL_SPACE})", scene.line(begin)[0])
        if found:
            place = begin + found.start(1)
            return _special_space(scene, place)
    return None


_SPECIAL_SPACE = r"[\u00a0\u2000-\u200a\u202f\u205f\u3000]"


def _special_space(scene: FailureContext, place: int) -> Mistake:
    message = "there is a special space here that looks like a space but is another character"
    return scene.mistake(
        "E011", place, place + 1, message, "delete it and type a normal space, or nothing"
    )


def _document(scene: FailureContext, at: int) -> Mistake:
    line, column = scene.line(at)
    marker = line[column : column + 3]
    if marker not in {"---", "..."}:
        first = scene.first_text()
        return misplaced(scene, first) if scene.line(first)[1] else _no_colon(scene, first)
    message = "a second document starts here" if marker == "---" else "'...' ends the document here"
    help_ = "delete this line; a file is one document"
    return scene.mistake("E022", at, at + 3, message, help_, line_only=True)


def _depth(scene: FailureContext, at: int) -> Mistake:
    message = "blocks are nested more than 64 deep here"
    return scene.mistake("E023", at, at + 1, message, "write it with fewer levels")


def _complex_key(scene: FailureContext, at: int) -> Mistake:
    if scene.text[at] == "?":
        message, help_ = (
            "a key cannot start with '? '",
            "write 'key: value', or put the text in quotes",
        )
    elif scene.line(at)[0][: scene.line(at)[1]].strip(" -"):
        message, help_ = "this key is too long", "write a short name before the colon"
    else:
        message, help_ = "there is no key before this colon", "write 'key: value'"
    return scene.mistake("E024", at, at + 1, message, help_)


def _colon(scene: FailureContext, at: int) -> Mistake:
    """A colon after something that cannot be a key."""
    last = scene.last
    if last is None:
        return _other(scene, at)
    start = last.start
    if last.quoted:
        return values.after_quote(scene, last)
    if start >= scene.line_start(at):
        return _second_colon(scene, last, at)
    line, column = scene.line(start)
    if not line[:column].strip(" -"):
        return _no_colon(scene, start)
    below, indent = scene.line(scene.line_text(at))
    if _KEY.match(below[indent:]):
        return _nested_below_value(scene, start, at)
    message = (
        "a text over several lines that holds a colon and a space "
        f"(line {scene.row(at)}) must be a block"
    )
    help_ = f"write '{line[:column].strip()} |' and the text on the lines below, further indented"
    return scene.mistake("E015", start, scene.line_end(start), message, help_)


_LONG_KEY = 1000


def _second_colon(scene: FailureContext, last: ScannedScalar, at: int) -> Mistake:
    if last.end - last.start > _LONG_KEY:
        return _complex_key(scene, at)
    if scene.line_end(at) == at + 1:
        key = shortened(scene.text[last.start : at + 1])
        help_ = f"write '{key}' on the next line, further indented"
        return scene.mistake("E015", last.start, at + 1, "two keys stand on one line", help_)
    message = "a text that holds a colon and a space must stand in quotes"
    help_ = f"write {quoted_line(*scene.line(last.start))}"
    return scene.mistake("E015", last.start, scene.line_end(at), message, help_)


def _nested_below_value(scene: FailureContext, start: int, at: int) -> Mistake:
    line, column = scene.line(start)
    key = line[:column].strip(" -").rstrip(": ")
    begin = scene.line_text(at)
    message = (
        f"this line is indented below '{key}', which has a value already (line {scene.row(start)})"
    )
    lead = re.match(r"\s*(?:- +)*", line)
    indent = lead.end() if lead else 0
    help_ = (
        f"start it after {spaces(indent)}, like line {scene.row(start)}; "
        f"or take the value of '{key}' away"
    )
    return scene.mistake("E013", begin, scene.line_end(at), message, help_)


def _no_colon(scene: FailureContext, at: int) -> Mistake:
    """A line that stands where a key must stand."""
    line, column = scene.line(at)
    rest = line[column:].rstrip()
    if scene.over_lines(at):
        return values.quote(scene, at)
    special = re.search(_SPECIAL_SPACE, rest)
    if special and re.match(rf"{_NAME}:$", rest[: special.start()]):
        return _special_space(scene, at + special.start())
    if owner := _block_above(scene, at):
        message = f"the text of '{owner}' must be indented further than '{owner}'"
        help_ = "put two more spaces before each line of it"
        return scene.mistake("E013", at, at + len(rest), message, help_)
    if almost := _almost_key(scene, at):
        return almost
    help_ = "write it as 'key: value'"
    if re.fullmatch(_NAME, rest):
        help_ = f"write '{rest}:'"
    elif scene.row(at) > 1:
        help_ += "; if it belongs to the text above, indent it further than the key of that text"
    return scene.mistake("E018", at, at + len(rest), "this line has no colon after its key", help_)


def _item(scene: FailureContext, at: int, rest: str) -> Mistake | None:
    """A list item without its dash, or without the space after it."""
    if re.match(r"-[^\s-]", rest):
        message = "there is no space after the '-' of this list item"
        return scene.mistake("E018", at, at + 1, message, f"write {shortened(f'- {rest[1:]}')}")
    if scene.text.startswith("- ", scene.levels(at).get(scene.line(at)[1], 0)):
        help_ = f"write {shortened(f'- {rest}')}"
        return scene.mistake("E018", at, at + len(rest), "this list item has no '- '", help_)
    return None


def _almost_key(scene: FailureContext, at: int) -> Mistake | None:
    """A key without the space after its colon, or with an equals sign."""
    line, column = scene.line(at)
    rest = line[column:].rstrip()
    if glued := _GLUED.match(line):
        place = glued.end(2) - column + at
        message = f"there is no space after the colon of '{glued[2]}'"
        help_ = f"write {shortened(f'{glued[2]}: {glued[3]}')}"
        return scene.mistake("E018", at, place + 1, message, help_)
    if item := _item(scene, at, rest):
        return item
    if equals := _EQUALS.match(line):
        message = f"'{equals[2]}' needs a colon, not an equals sign"
        help_ = f"write {shortened(f'{equals[2]}: {equals[3]}')}"
        return scene.mistake("E018", at, at + len(rest), message, help_)
    return None


def _block_above(scene: FailureContext, at: int) -> str | None:
    """The key on the line above whose text should stand in a block."""
    start = scene.line_start(at)
    above = scene.line(max(start - 1, 0))[0] if start else ""
    found = re.match(rf"\s*(?:- +)*({_NAME})\s*:\s+[|>][+-]?\s*$", above)
    return found[1] if found else None


def _block_end(scene: FailureContext, at: int) -> Mistake:
    """Something that does not belong to the block above it."""
    last = scene.before(at)
    line, column = scene.line(at)
    if last and last.quoted and last.end > scene.line_start(at):
        return values.after_quote(scene, last)
    if last and last.plain and _only_comments(scene.text[last.end : at]):
        return _comment_inside(scene, last.end, at)
    if scene.text.startswith("- ", at) or line[column:] == "-":
        return unlisted(scene, at)
    if _KEY.match(line[column:]):
        return misplaced(scene, at)
    if scene.over_lines(at):
        return values.quote(scene, at)
    return _no_colon(scene, at) if _lines_up(scene, at) else misplaced(scene, at)


def _lines_up(scene: FailureContext, at: int) -> bool:
    return scene.line(at)[1] in scene.levels(at)


def _only_comments(gap: str) -> bool:
    lines = gap.split("\n")
    return "#" in gap and all(not line.strip() or line.lstrip()[0] == "#" for line in lines)


def _comment_inside(scene: FailureContext, end: int, at: int) -> Mistake:
    place = scene.text.index("#", end)
    if _KEY.match(scene.line(at)[0]) or scene.text.startswith("- ", at):
        return unlisted(scene, at) if scene.text.startswith("- ", at) else misplaced(scene, at)
    message = "this comment cuts off the text that goes on below it"
    help_ = (
        "take the comment away, or write the text as a block: '|' after the key and the lines below"
    )
    return scene.mistake("E016", place, scene.line_end(place), message, help_)


def _other(scene: FailureContext, at: int) -> Mistake:
    message = "this line cannot be read"
    help_ = (
        "write 'key: value', or '- ' before each entry of a list; "
        "put text with special characters in quotes"
    )
    return scene.mistake("E018", at, max(scene.line_end(at), at + 1), message, help_)


_KINDS: dict[str, Callable[[FailureContext, int], Mistake]] = {
    "alias": values.shorthand,
    "anchor": values.shorthand,
    "block end": _block_end,
    "block header": values.block_header,
    "colon": _colon,
    "complex key": _complex_key,
    "dash": values.dash,
    "depth": _depth,
    "directive": values.directive,
    "document": _document,
    "escape": values.escape,
    "flow": values.flow,
    "indicator": values.indicator,
    "no colon": _no_colon,
    "quote": values.quote,
    "tab": values.tab,
    "tag": values.shorthand,
}

_WORDS = {
    "but found another document": "document",
    "expected <block end>": "block end",
    "expected escape sequence": "escape",
    "found unexpected document separator": "quote",
    "found unexpected end of stream": "quote",
    "found unknown escape character": "escape",
    "sequence entries are not allowed here": "dash",
}
"""How strictyaml 1.7.3 begins its problems → kind."""
