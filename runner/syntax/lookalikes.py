"""Characters that look like those of YAML, as keyboards and word processors write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.late_pattern import late
from runner.syntax.quoting import shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.syntax.scene import FailureContext, Mistake

COLONS = "\uff1a\ufe13\ufe55\u2236\ua789\u02d0"
DASHES = "\u2010-\u2015\u2212\ufe58\ufe63\uff0d"
BULLETS = (
    "\u2022\u00b7\u2219\u25e6\u25cf\u25cb\u25aa\u25ab\u25a0\u25a1\u25ba\u27a4\u2023\u2043\u2192"
)
EMOJI = "\u2600-\u27bf\U0001f300-\U0001faff"
HASHES = "\uff03\ufe5f"

_NAME = r"[A-Za-z_][\w-]*"
_WIDE_COLON = late(rf"(\s*(?:- +)*)({_NAME})\s*([{COLONS}])\s*(.*)$")
_ENTRY = late(rf"([{DASHES}{BULLETS}{EMOJI}]|-(?=[^\s\d-])|\*(?=\s))\s*(.*)$")
_COMMENT = late(rf"(//+|/\*+|<!--|--(?=\s)|;|[{HASHES}])\s*(.*?)\s*(?:\*/|-->)?$")


def odd_entry(text: str) -> tuple[str, str] | None:
    """Return the mark that stands where the `-` of a list belongs, and the entry behind it."""
    match = _ENTRY.match(text)
    return (match[1], match[2]) if match and match[2] else None


def lookalike(scene: FailureContext, at: int) -> Mistake | None:
    """Return the mistake of a line that only looks as if it were YAML."""
    for part in (_comment, _colon, _dash):
        if mistake := part(scene, at):
            return mistake
    return None


def _comment(scene: FailureContext, at: int) -> Mistake | None:
    line, column = scene.line(at)
    match = _COMMENT.match(line[column:])
    if match is None:
        return None
    message = f"a comment begins with #, not with {match[1]}"
    help_ = f"write {shortened(f'# {match[2]}')}"
    return scene.mistake("E016", at, scene.line_end(at), message, help_, line_only=True)


def _colon(scene: FailureContext, at: int) -> Mistake | None:
    line, column = scene.line(at)
    match = _WIDE_COLON.match(line)
    if match is None:
        return None
    place = at - column + match.start(3)
    message = f"the colon after '{match[2]}' is '{match[3]}', another character than ':'"
    help_ = f"write {shortened(f'{match[2]}: {match[4]}'.rstrip())}"
    return scene.mistake("E018", place, place + 1, message, help_)


def _dash(scene: FailureContext, at: int) -> Mistake | None:
    line, column = scene.line(at)
    entry = odd_entry(line[column:].rstrip())
    return None if entry is None else not_a_dash(scene.mistake, at, *entry)


def not_a_dash(tell: Callable[..., Mistake], at: int, mark: str, entry: str) -> Mistake:
    """Return the mistake of a list's entry that has another mark, or no space behind it."""
    return tell("E018", at, at + 1, dash_message(mark), f"write {shortened(f'- {entry}')}")


def dash_message(mark: str) -> str:
    """Say what is wrong with the mark before an entry."""
    if mark == "-":
        return "there is no space after the '-' of this list item"
    return f"'{mark}' is not the '-' that begins an entry of a list"
