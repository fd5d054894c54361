"""What is wrong with a value that YAML refuses, and how it should have been written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.late_pattern import late
from runner.syntax.quoting import block_lines, quoted, quoted_line, shortened, unescaped
from runner.syntax.unmarked import unmarked_text

if TYPE_CHECKING:
    from runner.syntax.scene import FailureContext, Mistake, ScannedScalar


def tab(scene: FailureContext, at: int) -> Mistake:
    line, column = scene.line(at)
    if not line[:column].strip():
        message, help_ = "this line is indented with a tab", "use spaces: two for each level"
    elif not line[column:].strip():
        message, help_ = "there is a tab at the end of this line", "delete it"
    else:
        message, help_ = "there is a tab where only a space may stand", "write a space instead"
    return scene.mistake("E012", at, at + 1, message, help_)


def flow(scene: FailureContext, at: int) -> Mistake:
    line, column = scene.line(at)
    rest = line[column:]
    if not line[:column].strip() and re.match(r"[\[{].*[\]}]\s*:(\s|$)", rest):
        return odd_key(scene, at)
    if rest.startswith(("{{", "{%")):
        return template(scene, at)
    if rest.rstrip() in ("{", "[") and not line[:column].strip(" -"):
        message = "this is JSON, and lkrun reads YAML in lines"
        help_ = (
            "write each key on a line of its own as 'key: value', without braces, quotes and "
            "commas, and indent what belongs to it by two spaces"
        )
        return scene.mistake("E019", at, at + 1, message, help_, rest_lost=True)
    flow = re.sub(r"\s+#.*$", "", rest).strip()
    what = "lists in brackets [ ]" if rest[0] == "[" else "keys in braces { }"
    help_ = block_lines(flow)
    if not re.search(r"[\]}]$", flow):
        help_ += f"; if it is text, put it in quotes: {quoted_line(line, column)}"
    return scene.mistake("E019", at, at + len(flow), f"{what} are not available", help_)


def template(scene: FailureContext, at: int) -> Mistake:
    line, column = scene.line(at)
    write: tuple[str, ...] = ()
    if not line[:column].strip():
        help_ = "put a text of several lines below its key, with '|' after the key: say: |"
        if text := unmarked_text(scene, at, least=1):
            help_, write = text.help()
    else:
        help_ = f"write {quoted_line(line, column)}"
    message = f"a value that starts with {line[column : column + 2]} must stand in quotes"
    return scene.mistake("E014", at, scene.line_end(at), message, help_, write=write)


def indicator(scene: FailureContext, at: int) -> Mistake:
    line, column = scene.line(at)
    if not line[:column].strip() and re.match(r"[^\s:]+\s*:(\s|$)", line[column:]):
        return odd_key(scene, at)
    if line[column] == "," and line[:column].rstrip().endswith(("'", '"')):
        message = "there is a comma behind the text in quotes"
        return scene.mistake("E014", at, at + 1, message, "delete it")
    if not line[:column].strip():
        message = f"a line cannot start with {line[column]}"
        help_ = "delete it; or, if it is text, indent it further than the key of that text"
        return scene.mistake("E014", at, scene.line_end(at), message, help_)
    message = f"a value that starts with {line[column]} must stand in quotes"
    help_ = f"write {quoted_line(line, column)}"
    return scene.mistake("E014", at, scene.line_end(at), message, help_)


def odd_key(scene: FailureContext, at: int) -> Mistake:
    line, column = scene.line(at)
    key = re.match(r"[^:]*", line[column:])
    end = at + len((key[0] if key else "").rstrip())
    message = f"a key cannot start with {line[column]}"
    plain = key[0].strip(" *_`") if key and line[column] in "*`" else ""
    help_ = f"write {plain}:" if re.fullmatch(r"[a-z][a-z0-9_]*", plain) else None
    if key and key[0].strip() == "*":  # a key of a telephone
        help_ = 'to mean the key * of a telephone, put it in quotes: "*":'
    return scene.mistake("E024", at, end, message, help_ or "start the key with a letter")


def shorthand(scene: FailureContext, at: int) -> Mistake:
    """`&anchor`, `*alias` and `!tag`; the same characters in front of text only need quotes."""
    line, column = scene.line(at)
    kind = line[column]
    shape = {"*": r"\*[\w-]+(?=\s*(?:$|\s#))", "&": r"&[\w-]+(?=\s|$)", "!": r"!+[\w-]+(?=\s|$)"}
    match = re.match(shape[kind], line[column:])
    if match is None:
        return indicator(scene, at)
    what = {"*": "a reference", "&": "an anchor", "!": "a tag"}[kind]
    instead = "delete it" if kind == "&" else "write the value itself here"
    help_ = f"{instead}; or, if it is text, put it in quotes: {quoted_line(line, column)}"
    message = f"'{match[0]}' would be {what} of YAML, and these are not available"
    return scene.mistake("E020", at, at + match.end(), message, help_)


def directive(scene: FailureContext, at: int) -> Mistake:
    return scene.mistake(
        "E020",
        at,
        scene.line_end(at),
        "a line that starts with % is not available",
        "delete this line",
    )


def block_header(scene: FailureContext, at: int) -> Mistake:
    line, column = scene.line(at)
    mark, key = line[column], line[:column].strip()
    message = f"a text cannot stand on the line of its '{mark}'"
    text = line[column:].strip()
    if mark == "|":
        text = re.sub(r"^\|[+-]?\d?\s*", "", text)
    help_ = (
        f"write '{key} {mark}' and the text on the next line, further indented; "
        f"or all of it in quotes: {shortened(f'{key} {quoted(text)}')}"
    )
    return scene.mistake("E014", at, scene.line_end(at), message, help_)


def dash(scene: FailureContext, at: int) -> Mistake:
    line, column = scene.line(at)
    key = line[:column].strip()
    message = "a list cannot start on the line of its key"
    help_ = f"write '{shortened(line[column:].strip())}' on the next line, further indented"
    if key.endswith(":"):
        help_ += f"; or, if it is text, in quotes: {quoted_line(line, column)}"
    return scene.mistake("E014", at, scene.line_end(at), message, help_)


def quote(scene: FailureContext, at: int) -> Mistake:
    last = next((item for item in scene.scalars if item.start == at), None)
    ends = scene.row(last.end) if last else 0
    far = f"line {ends}" if ends else "the end of the file"
    line, column = scene.line(at)
    mark, text = line[column], line[column + 1 :].rstrip()
    if text[-1:] in _CURLY:
        message = f"this text begins with {mark} and ends with {text[-1]}, another character"
        help_ = f"write {_written(line[:column], text[:-1])}"
        return scene.mistake("E017", at, at + 1, message, help_, rest_lost=True)
    message = f"this quote is not closed: the quoted text runs on to {far}"
    help_ = f"close it with {mark} at the end of the text"
    closed = _KEY.match(scene.text, scene.line_end(at)) and mark not in text
    write = (line.rstrip() + mark,) if closed else ()
    if re.search(r"[A-Za-z]$", line[:column]):
        help_ += ", or delete it"
    return scene.mistake("E017", at, at + 1, message, help_, rest_lost=True, write=write)


_CURLY = tuple("\u201c\u201d\u2018\u2019\u201e\xab\xbb")
_KEY = late(r"\s*\n\s*(?:- +)*[A-Za-z_][\w-]*:(?:\s|$)|\s*$")


def escape(scene: FailureContext, at: int) -> Mistake:
    at = scene.text.rfind("\\", 0, at) if scene.text[at] != '"' else scene.text.find("\\", at)
    line, column = scene.line(at)
    opening = line.find('"')
    text = line[opening + 1 :].rstrip().removesuffix('"') if 0 <= opening < column else ""
    if line[column + 1 : column + 2] in _NEVER_ESCAPED and text:
        character = line[column + 1]
        message = f'a {character} in a text in " quotes has no backslash before it'
        help_ = f"write {_written(line[:opening], text)}"
        return scene.mistake("E014", at, at + 2, message, help_)
    message = (
        r"a backslash in a text in \" quotes starts a special character, and this one is unknown"
    )
    help_ = r"write it twice: \\"
    if text:
        help_ += f"; or use ' quotes: {shortened(line[:opening].strip() + ' ' + _single(text))}"
    return scene.mistake("E014", at, at + 2, message.replace('\\"', '"'), help_)


_NEVER_ESCAPED = ("'", "`", "\u2019")


def _written(key: str, text: str) -> str:
    """The line with the text in quotes that need no backslash."""
    return shortened(f"{key.strip()} {quoted(unescaped(text))}".strip())


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def after_quote(scene: FailureContext, last: ScannedScalar) -> Mistake:
    """Text after a closing quote, or a quote that was closed by the next one in the file."""
    if "\n" in scene.text[last.start : last.end]:
        return quote(scene, last.start)
    line, column = scene.line(last.start)
    mark = line[column]
    value = re.sub(rf"(?<={mark})\s+#[^{mark}]*$", "", line[column:]).rstrip()
    inner = value[1:].removesuffix(mark)
    message = f"the text in quotes ends at the second {mark}, but more text follows"
    if f"\\{mark}" in inner and mark == "'":
        message = "in ' quotes a backslash does not keep a ' from ending the text"
        fixed = quoted(unescaped(inner))
    elif mark == '"' or '"' in inner:
        fixed = _single(inner if value.endswith(mark) else value)
    else:
        fixed = quoted(inner)
    help_ = f"write {shortened(f'{line[:column].strip()} {fixed}'.strip())}"
    return scene.mistake("E014", last.end - 1, scene.line_end(last.end - 1), message, help_)
