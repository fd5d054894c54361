"""A colon where none can stand: in a text, after a text, or below a value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.syntax import values
from runner.syntax.keys import KEY, complex_key, no_colon, unreadable
from runner.syntax.quoting import quoted_line, shortened, spaces
from runner.syntax.unmarked import unmarked_text

if TYPE_CHECKING:
    from runner.syntax.scene import FailureContext, Mistake, ScannedScalar


def colon(scene: FailureContext, at: int) -> Mistake:
    """A colon after something that cannot be a key."""
    last = scene.last
    if last is None:
        return unreadable(scene, at)
    start = last.start
    if last.quoted:
        return values.after_quote(scene, last)
    if start >= scene.line_start(at):
        return _second_colon(scene, last, at)
    line, column = scene.line(start)
    if not line[:column].strip(" -"):
        return no_colon(scene, start)
    below, indent = scene.line(scene.line_text(at))
    if KEY.match(below[indent:]) and not below[indent].isupper():
        return _nested_below_value(scene, start, at)
    message = (
        "a text over several lines that holds a colon and a space "
        f"(line {scene.row(at)}) must be a block"
    )
    help_ = f"write '{line[:column].strip()} |' and the text on the lines below, further indented"
    text = unmarked_text(scene, at)
    write = text.help()[1] if text else ()
    return scene.mistake("E015", start, scene.line_end(start), message, help_, write=write)


_LONG_KEY = 1000


def _second_colon(scene: FailureContext, last: ScannedScalar, at: int) -> Mistake:
    if last.end - last.start > _LONG_KEY:
        return complex_key(scene, at)
    if scene.line_end(at) == at + 1:
        key = scene.text[last.start : at + 1]
        if re.search(r"[^\s-] +\S", key):
            return _second_colon_of_a_text(scene, last, at)
        help_ = f"write '{shortened(key)}' on the next line, further indented"
        return scene.mistake("E015", last.start, at + 1, "two keys stand on one line", help_)
    message = "a text that holds a colon and a space must stand in quotes"
    help_ = f"write {quoted_line(*scene.line(last.start))}"
    key = scene.text[last.start : last.end]
    if re.fullmatch(r"[A-Za-z][\w-]*[_-][\w-]*", key):
        help_ += f"; if '{key}' is a key, write it on the next line, further indented"
    return scene.mistake("E015", last.start, scene.line_end(at), message, help_)


def _second_colon_of_a_text(scene: FailureContext, last: ScannedScalar, at: int) -> Mistake:
    line, column = scene.line(last.start)
    following = scene.text[scene.line_end(at) :].lstrip("\n").partition("\n")[0]
    indent = max(len(following) - len(following.lstrip(" ")), len(line) - len(line.lstrip(" ")) + 2)
    message = "a text that ends with a colon must stand in quotes, or below its key"
    help_ = f"write line {scene.row(at)} as two lines, and leave those below it as they are:"
    write = (f"{line[:column].rstrip()} |", " " * indent + line[column:].rstrip())
    return scene.mistake("E015", last.start, at + 1, message, help_, write=write)


def _nested_below_value(scene: FailureContext, start: int, at: int) -> Mistake:
    line, column = scene.line(start)
    key = line[:column].strip(" -").rstrip(": ")
    begin = scene.line_text(at)
    message = (
        f"this line is indented below '{key}', which has a value already (line {scene.row(start)})"
    )
    lead = re.match(r"\s*(?:- +)*", line)
    indent = lead.end() if lead else 0
    row = scene.row(start)
    if begin - scene.line_start(begin) == indent + 1:
        help_ = f"delete 1 space before it, so that it starts after {indent} like line {row}"
    else:
        help_ = (
            f"start it after {spaces(indent)}, like line {row}; or take the value of '{key}' away"
        )
    return scene.mistake("E013", begin, scene.line_end(at), message, help_)
