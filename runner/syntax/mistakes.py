"""What a refusal of the loader means, in words for people: one function for each kind of refusal."""

from __future__ import annotations

import re
from collections.abc import Callable

from runner.syntax.indentation import misplaced, unlisted
from runner.syntax.quoting import block_lines, quoted, quoted_line, shortened
from runner.syntax.scene import Mistake, Scalar, Scene
from runner.syntax.tree import spaces

_NAME = r"[A-Za-z_][\w-]*"
_KEY = re.compile(rf"\s*(?:- +)*(?:{_NAME}|\"[^\"]*\"|'[^']*')\s*:(?:\s|$)")
_GLUED = re.compile(rf"(\s*(?:- +)*)({_NAME}):(\S.*)$")
_EQUALS = re.compile(rf"(\s*(?:- +)*)({_NAME})\s*=\s*(\S.*)$")


def explain(scene: Scene, kind: str, at: int, context: int | None = None) -> Mistake:
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
    return _KINDS.get(kind, _other)(scene, begun if kind == "quote" else at)


def _tab(scene: Scene, at: int) -> Mistake:
    line, column = scene.line(at)
    if not line[:column].strip():
        message, help_ = "this line is indented with a tab", "use spaces: two for each level"
    elif not line[column:].strip():
        message, help_ = "there is a tab at the end of this line", "delete it"
    else:
        message, help_ = "there is a tab where only a space may stand", "write a space instead"
    return scene.mistake("E012", at, at + 1, message, help_)


def _flow(scene: Scene, at: int) -> Mistake:
    line, column = scene.line(at)
    rest = line[column:]
    if rest.startswith(("{{", "{%")):
        return _template(scene, at)
    if not line[:column].strip() and re.match(r"[\[{].*[\]}]\s*:(\s|$)", rest):
        return _odd_key(scene, at)
    flow = re.sub(r"\s+#.*$", "", rest).strip()
    what = "lists in brackets [ ]" if rest[0] == "[" else "keys in braces { }"
    help_ = block_lines(flow)
    if not re.search(r"[\]}]$", flow):
        help_ += f"; if it is text, put it in quotes: {quoted_line(line, column)}"
    return scene.mistake("E019", at, at + len(flow), f"{what} are not available", help_)


def _template(scene: Scene, at: int) -> Mistake:
    line, column = scene.line(at)
    if not line[:column].strip():
        help_ = "put a text of several lines below its key, with '|' after the key: say: |"
    else:
        help_ = f"write {quoted_line(line, column)}"
    message = f"a value that starts with {line[column : column + 2]} must stand in quotes"
    return scene.mistake("E014", at, scene.line_end(at), message, help_)


def _indicator(scene: Scene, at: int) -> Mistake:
    line, column = scene.line(at)
    if not line[:column].strip() and re.match(r"[^\s:]+\s*:(\s|$)", line[column:]):
        return _odd_key(scene, at)
    message = f"a value that starts with {line[column]} must stand in quotes"
    help_ = f"write {quoted_line(line, column)}"
    return scene.mistake("E014", at, scene.line_end(at), message, help_)


def _odd_key(scene: Scene, at: int) -> Mistake:
    line, column = scene.line(at)
    key = re.match(r"[^:]*", line[column:])
    end = at + len((key[0] if key else "").rstrip())
    message = f"a key cannot start with {line[column]}"
    return scene.mistake("E024", at, end, message, "start the key with a letter")


def _shorthand(scene: Scene, at: int) -> Mistake:
    """`&anchor`, `*alias` and `!tag`; the same characters in front of text only need quotes."""
    line, column = scene.line(at)
    kind = line[column]
    shape = {"*": r"\*[\w-]+(?=\s*(?:$|\s#))", "&": r"&[\w-]+(?=\s|$)", "!": r"!+[\w-]+(?=\s|$)"}
    match = re.match(shape[kind], line[column:])
    if match is None:
        return _indicator(scene, at)
    what = {"*": "a reference", "&": "an anchor", "!": "a tag"}[kind]
    help_ = f"write the value itself here; or, if it is text, in quotes: {quoted_line(line, column)}"
    message = f"'{match[0]}' would be {what} of YAML, and these are not available"
    return scene.mistake("E020", at, at + match.end(), message, help_)


def _directive(scene: Scene, at: int) -> Mistake:
    return scene.mistake(
        "E020", at, scene.line_end(at), "a line that starts with % is not available", "delete this line"
    )


def _document(scene: Scene, at: int) -> Mistake:
    line, column = scene.line(at)
    marker = line[column : column + 3]
    if marker not in {"---", "..."}:
        first = scene.first_text()
        return misplaced(scene, first) if scene.line(first)[1] else _no_colon(scene, first)
    message = "a second document starts here" if marker == "---" else "'...' ends the document here"
    help_ = "delete this line; a file is one document"
    return scene.mistake("E022", at, at + 3, message, help_, line_only=True)


def _depth(scene: Scene, at: int) -> Mistake:
    message = "blocks are nested more than 64 deep here"
    return scene.mistake("E023", at, at + 1, message, "write it with fewer levels")


def _complex_key(scene: Scene, at: int) -> Mistake:
    if scene.text[at] == "?":
        message, help_ = "a key cannot start with '? '", "write 'key: value', or put the text in quotes"
    elif scene.line(at)[0][: scene.line(at)[1]].strip(" -"):
        message, help_ = "this key is too long", "write a short name before the colon"
    else:
        message, help_ = "there is no key before this colon", "write 'key: value'"
    return scene.mistake("E024", at, at + 1, message, help_)


def _colon(scene: Scene, at: int) -> Mistake:
    """A colon after something that cannot be a key."""
    last = scene.last
    if last is None:
        return _other(scene, at)
    start = last.start
    line, column = scene.line(start)
    if last.quoted:
        return _after_quote(scene, last)
    if start >= scene.line_start(at):
        if last.end - start > _LONG_KEY:
            return _complex_key(scene, at)
        message = "a text that holds a colon and a space must stand in quotes"
        help_ = f"write {quoted_line(line, column)}"
        return scene.mistake("E015", start, scene.line_end(at), message, help_)
    if not line[:column].strip(" -"):
        return _no_colon(scene, start)
    below, indent = scene.line(scene.line_text(at))
    if _KEY.match(below[indent:]):
        return _nested_below_value(scene, start, at)
    message = f"a text over several lines that holds a colon and a space (line {scene.row(at)}) must be a block"
    help_ = f"write '{line[:column].strip()} |' and the text on the lines below, further indented"
    return scene.mistake("E015", start, scene.line_end(start), message, help_)


_LONG_KEY = 1000


def _nested_below_value(scene: Scene, start: int, at: int) -> Mistake:
    line, column = scene.line(start)
    key = line[:column].strip(" -").rstrip(": ")
    begin = scene.line_text(at)
    message = f"this line is indented below '{key}', which has a value already (line {scene.row(start)})"
    lead = re.match(r"\s*(?:- +)*", line)
    indent = lead.end() if lead else 0
    help_ = f"start it after {spaces(indent)}, like line {scene.row(start)}; or take the value of '{key}' away"
    return scene.mistake("E013", begin, scene.line_end(at), message, help_)


def _no_colon(scene: Scene, at: int) -> Mistake:
    """A line that stands where a key must stand."""
    line, column = scene.line(at)
    rest = line[column:].rstrip()
    if scene.text[at] in "\"'" and (scene.last and scene.last.quoted and scene.last.start == at):
        if "\n" in scene.text[at : scene.last.end]:
            return _quote(scene, at)
    special = re.search(r"[\u00a0\u2000-\u200a\u202f\u205f\u3000]", rest)
    if special and re.match(rf"{_NAME}:$", rest[: special.start()]):
        place = at + special.start()
        message = "there is a special space here that looks like a space but is another character"
        return scene.mistake(
            "E011", place, place + 1, message, "delete it and type a normal space, or nothing"
        )
    if glued := _GLUED.match(line):
        place = glued.end(2) - column + at
        message = f"there is no space after the colon of '{glued[2]}'"
        help_ = f"write {shortened(f'{glued[2]}: {glued[3]}')}"
        return scene.mistake("E018", at, place + 1, message, help_)
    if equals := _EQUALS.match(line):
        message = f"'{equals[2]}' needs a colon, not an equals sign"
        help_ = f"write {shortened(f'{equals[2]}: {equals[3]}')}"
        return scene.mistake("E018", at, at + len(rest), message, help_)
    help_ = "write it as 'key: value'"
    if re.fullmatch(_NAME, rest):
        help_ = f"write '{rest}:'"
    elif scene.row(at) > 1:
        help_ += "; if it belongs to the text above, indent it further than the key of that text"
    return scene.mistake("E018", at, at + len(rest), "this line has no colon after its key", help_)


def _dash(scene: Scene, at: int) -> Mistake:
    line, column = scene.line(at)
    key = line[:column].strip()
    message = "a list cannot start on the line of its key"
    help_ = f"write '{shortened(line[column:].strip())}' on the next line, further indented"
    if key.endswith(":"):
        help_ += f"; or, if it is text, in quotes: {quoted_line(line, column)}"
    return scene.mistake("E014", at, scene.line_end(at), message, help_)


def _block_header(scene: Scene, at: int) -> Mistake:
    line, column = scene.line(at)
    mark, key = line[column], line[:column].strip()
    message = f"a text cannot stand on the line of its '{mark}'"
    text = line[column + 1 :].strip()
    help_ = (
        f"write '{key} {mark}' and the text on the next line, further indented; "
        f"or without '{mark}', in quotes: {shortened(f'{key} {quoted(text)}')}"
    )
    return scene.mistake("E014", at, scene.line_end(at), message, help_)


def _quote(scene: Scene, at: int) -> Mistake:
    last = next((item for item in scene.scalars if item.start == at), None)
    ends = scene.row(last.end) if last else 0
    far = f"line {ends}" if ends else "the end of the file"
    line, column = scene.line(at)
    message = f"this quote is not closed: the quoted text runs on to {far}"
    help_ = f"close it with {scene.text[at]} at the end of the text"
    if re.search(r"[A-Za-z]$", line[:column]):
        help_ += ", or delete it"
    return scene.mistake("E017", at, at + 1, message, help_, rest_lost=True)


def _escape(scene: Scene, at: int) -> Mistake:
    at = scene.text.rfind("\\", 0, at) if scene.text[at] != '"' else scene.text.find("\\", at)
    line, column = scene.line(at)
    opening = line.find('"')
    text = line[opening + 1 :].rstrip().removesuffix('"') if 0 <= opening < column else ""
    message = r"a backslash in a text in \" quotes starts a special character, and this one is unknown"
    help_ = r"write it twice: \\"
    if text:
        help_ += f"; or use ' quotes: {shortened(line[:opening].strip() + ' ' + _single(text))}"
    return scene.mistake("E014", at, at + 2, message.replace('\\"', '"'), help_)


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _after_quote(scene: Scene, last: Scalar) -> Mistake:
    """Text after a closing quote, or a quote that was closed by the next one in the file."""
    if "\n" in scene.text[last.start : last.end]:
        return _quote(scene, last.start)
    line, column = scene.line(last.start)
    value = line[column:].rstrip()
    mark = value[0]
    inner = value[1:].removesuffix(mark)
    if mark == '"' or '"' in inner:
        fixed = _single(inner if value.endswith(mark) else value)
    else:
        fixed = quoted(inner)
    message = f"the text in quotes ends at the second {mark}, but more text follows"
    help_ = f"write {shortened(f'{line[:column].strip()} {fixed}'.strip())}"
    return scene.mistake("E014", last.end - 1, scene.line_end(last.end - 1), message, help_)


def _block_end(scene: Scene, at: int) -> Mistake:
    """Something that does not belong to the block above it."""
    last = scene.before(at)
    line, column = scene.line(at)
    if last and last.quoted and last.end > scene.line_start(at):
        return _after_quote(scene, last)
    if last and last.plain and _only_comments(scene.text[last.end : at]):
        return _comment_inside(scene, last.end, at)
    if scene.text.startswith("- ", at) or line[column:] == "-":
        return unlisted(scene, at)
    if _KEY.match(line[column:]):
        return misplaced(scene, at)
    if scene.text[at] in "\"'" and (scene.last and "\n" in scene.text[at : scene.last.end]):
        return _quote(scene, at)
    return _no_colon(scene, at) if _lines_up(scene, at) else misplaced(scene, at)


def _lines_up(scene: Scene, at: int) -> bool:
    return scene.line(at)[1] in scene.levels(at)


def _only_comments(gap: str) -> bool:
    lines = gap.split("\n")
    return "#" in gap and all(not line.strip() or line.lstrip()[0] == "#" for line in lines)


def _comment_inside(scene: Scene, end: int, at: int) -> Mistake:
    place = scene.text.index("#", end)
    if _KEY.match(scene.line(at)[0]) or scene.text.startswith("- ", at):
        return unlisted(scene, at) if scene.text.startswith("- ", at) else misplaced(scene, at)
    message = "this comment cuts off the text that goes on below it"
    help_ = "take the comment away, or write the text as a block: '|' after the key and the lines below"
    return scene.mistake("E016", place, scene.line_end(place), message, help_)


def _other(scene: Scene, at: int) -> Mistake:
    message = "this line cannot be read"
    help_ = "write 'key: value', or '- ' before each entry of a list; put text with special characters in quotes"
    return scene.mistake("E029", at, max(scene.line_end(at), at + 1), message, help_)


_KINDS: dict[str, Callable[[Scene, int], Mistake]] = {
    "alias": _shorthand,
    "anchor": _shorthand,
    "block end": _block_end,
    "block header": _block_header,
    "colon": _colon,
    "complex key": _complex_key,
    "dash": _dash,
    "depth": _depth,
    "directive": _directive,
    "document": _document,
    "escape": _escape,
    "flow": _flow,
    "indicator": _indicator,
    "no colon": _no_colon,
    "quote": _quote,
    "tab": _tab,
    "tag": _shorthand,
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
