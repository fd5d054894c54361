"""A line that stands where a key must stand, and is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.late_pattern import late
from runner.syntax import values
from runner.syntax.lookalikes import lookalike
from runner.syntax.quoting import shortened

if TYPE_CHECKING:
    from runner.syntax.scene import FailureContext, Mistake

NAME = r"[A-Za-z_][\w-]*"
KEY = late(rf"\s*(?:- +)*(?:{NAME}|\"[^\"]*\"|'[^']*')\s*:(?:\s|$)")
_GLUED = late(rf"(\s*(?:- +)*)({NAME}):(\S.*)$")
_EQUALS = late(rf"(\s*(?:- +)*)({NAME})\s*(=>?|:=|[-=]>|\u2192)\s*(\S.*)$")


SPECIAL_SPACE = r"[\u00a0\u2000-\u200a\u202f\u205f\u3000]"


def special_space(scene: FailureContext, place: int) -> Mistake:
    message = "there is a special space here that looks like a space but is another character"
    return scene.mistake(
        "E011", place, place + 1, message, "delete it and type a normal space, or nothing"
    )


def complex_key(scene: FailureContext, at: int) -> Mistake:
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


def no_colon(scene: FailureContext, at: int) -> Mistake:
    """A line that stands where a key must stand."""
    line, column = scene.line(at)
    rest = line[column:].rstrip()
    if scene.over_lines(at):
        return values.quote(scene, at)
    if alike := lookalike(scene, at):
        return alike
    special = re.search(SPECIAL_SPACE, rest)
    if special and re.match(rf"{NAME}:$", rest[: special.start()]):
        return special_space(scene, at + special.start())
    if owner := _block_above(scene, at):
        message = f"the text of '{owner}' must be indented further than '{owner}'"
        help_ = "put two more spaces before each line of it"
        return scene.mistake("E013", at, at + len(rest), message, help_)
    if almost := _almost_key(scene, at):
        return almost
    help_ = "write it as 'key: value'"
    if re.fullmatch(NAME, rest):
        help_ = f"write '{rest}:'"
    elif scene.row(at) > 1:
        help_ += "; if it belongs to the text above, indent it further than the key of that text"
    return scene.mistake("E018", at, at + len(rest), "this line has no colon after its key", help_)


def _item(scene: FailureContext, at: int, rest: str) -> Mistake | None:
    """A list item without its dash."""
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
        sign = "an equals sign" if equals[3] == "=" else equals[3]
        message = f"'{equals[2]}' needs a colon, not {sign}"
        help_ = f"write {shortened(f'{equals[2]}: {equals[4]}')}"
        return scene.mistake("E018", at, at + len(rest), message, help_)
    return None


def _block_above(scene: FailureContext, at: int) -> str | None:
    """The key on the line above whose text should stand in a block."""
    start = scene.line_start(at)
    above = scene.line(max(start - 1, 0))[0] if start else ""
    match = re.match(rf"\s*(?:- +)*({NAME})\s*:\s+[|>][+-]?\s*$", above)
    return match[1] if match else None


def unreadable(scene: FailureContext, at: int) -> Mistake:
    message = "this line cannot be read"
    help_ = (
        "write 'key: value', or '- ' before each entry of a list; "
        "put text with special characters in quotes"
    )
    return scene.mistake("E018", at, max(scene.line_end(at), at + 1), message, help_)
