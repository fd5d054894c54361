"""What a refusal of the loader means, in words for people: one function for each kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.syntax import values
from runner.syntax.colons import colon
from runner.syntax.indentation import misplaced, unlisted
from runner.syntax.keys import KEY, SPECIAL_SPACE, complex_key, no_colon, special_space, unreadable
from runner.syntax.uneven import first_line_further_in
from runner.syntax.unmarked import unmarked

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.syntax.scene import FailureContext, Mistake


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
    if at == scene.line_text(at):
        for look in (first_line_further_in, unmarked if kind in _BEGINS_NO_TEXT else None):
            if look and (odd := look(scene, at)):
                return odd
    ran_on = _after_a_long_quote(scene, at)
    if ran_on is not None:
        return values.quote(scene, ran_on)
    return _KINDS.get(kind, unreadable)(scene, begun if kind == "quote" else at)


def _after_a_long_quote(scene: FailureContext, at: int) -> int | None:
    """Where a text in quotes begins that ends right before the place, lines below: by chance."""
    last = scene.before(at)
    if last is None or not last.quoted or "\n" not in scene.text[last.start : last.end]:
        return None
    return None if scene.text[last.end : at].strip(" ") else last.start


def _special_indent(scene: FailureContext, at: int) -> Mistake | None:
    """A line at or right above the place that is indented with what only looks like spaces."""
    begin = scene.line_start(at)
    for above in range(_NEAR):
        key = r"\s*[\w-]+:" if above > 1 else ""  # further up only what YAML takes for a key
        match = re.match(rf" *({SPECIAL_SPACE}){key}", scene.line(begin)[0])
        if match:
            place = begin + match.start(1)
            return special_space(scene, place)
        begin = scene.line_start(max(begin - 1, 0))
    return None


_NEAR = 8


def _document(scene: FailureContext, at: int) -> Mistake:
    line, column = scene.line(at)
    marker = line[column : column + 3]
    if marker not in {"---", "..."}:
        first = scene.first_text()
        return misplaced(scene, first) if scene.line(first)[1] else no_colon(scene, first)
    message = "a second document starts here" if marker == "---" else "'...' ends the document here"
    help_ = "delete this line; a file is one document"
    return scene.mistake("E022", at, at + 3, message, help_, line_only=True)


def _depth(scene: FailureContext, at: int) -> Mistake:
    message = "blocks are nested more than 64 deep here"
    return scene.mistake("E023", at, at + 1, message, "write it with fewer levels")


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
    if KEY.match(line[column:]):
        return misplaced(scene, at)
    if scene.over_lines(at):
        return values.quote(scene, at)
    return no_colon(scene, at) if _lines_up(scene, at) else misplaced(scene, at)


def _lines_up(scene: FailureContext, at: int) -> bool:
    return scene.line(at)[1] in scene.levels(at)


def _only_comments(gap: str) -> bool:
    lines = gap.split("\n")
    return "#" in gap and all(not line.strip() or line.lstrip()[0] == "#" for line in lines)


def _comment_inside(scene: FailureContext, end: int, at: int) -> Mistake:
    place = scene.text.index("#", end)
    if KEY.match(scene.line(at)[0]) or scene.text.startswith("- ", at):
        return unlisted(scene, at) if scene.text.startswith("- ", at) else misplaced(scene, at)
    message = "this comment cuts off the text that goes on below it"
    help_ = (
        "take the comment away, or write the text as a block: '|' after the key and the lines below"
    )
    return scene.mistake("E016", place, scene.line_end(place), message, help_)


_KINDS: dict[str, Callable[[FailureContext, int], Mistake]] = {
    "alias": values.shorthand,
    "anchor": values.shorthand,
    "block end": _block_end,
    "block header": values.block_header,
    "colon": colon,
    "complex key": complex_key,
    "dash": values.dash,
    "depth": _depth,
    "directive": values.directive,
    "document": _document,
    "escape": values.escape,
    "flow": values.flow,
    "indicator": values.indicator,
    "no colon": no_colon,
    "quote": values.quote,
    "tab": values.tab,
    "tag": values.shorthand,
}

_BEGINS_NO_TEXT = frozenset(
    {"alias", "anchor", "block end", "colon", "flow", "indicator", "no colon", "tag"}
)
"""How a line of a text without its `|` is refused."""

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
