"""Where the templates of a text stand, without reading them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from runner.late_pattern import late

_CLOSERS: Final = {"{{": "}}", "{%": "%}", "{#": "#}"}
_OPENING: Final = late(r"\{[{%#]")
_RAW: Final = late(r"\{%[-+]?\s{0,20}raw\b")
_END_RAW: Final = late(r"\{%[-+]?\s{0,20}endraw\s{0,20}[-+]?%\}")


class Piece(NamedTuple):
    """One `{{ … }}`, `{% … %}` or `{# … #}`; a raw block is one piece.

    Attributes:
        opening: its first two characters.
    """

    opening: str
    begin: int
    end: int


def pieces(text: str) -> Iterator[Piece]:
    """Find the templates of a text, in one pass; what is not closed is no template."""
    at, hopeless = 0, set[str]()
    while match := _OPENING.search(text, at):
        opening, begin = match[0], match.start()
        at = begin + 2
        if opening in hopeless:
            continue
        if opening == "{%" and _RAW.match(text, begin):
            end_raw = _END_RAW.search(text, at)
            end = end_raw.end() if end_raw else len(text)
        else:
            closer = text.find(_CLOSERS[opening], at)
            if closer < 0:
                hopeless.add(opening)
                continue
            end = closer + 2
            if opening == "{{" and text.startswith("}", end) and text.startswith("{", at):
                end += 1
        yield Piece(opening, begin, end)
        at = end


def without_templates(text: str, *openings: str) -> str:
    """Give the text with spaces where templates stand, line breaks kept.

    Args:
        text: any text.
        openings: only those that begin so; all without any.
    """
    parts, at = [], 0
    for piece in pieces(text):
        if not openings or piece.opening in openings:
            parts += [text[at : piece.begin], blank(text[piece.begin : piece.end])]
            at = piece.end
    return "".join((*parts, text[at:]))


def blank(text: str) -> str:
    """Give spaces for all but line breaks."""
    return re.sub(r"[^\n]", " ", text)
