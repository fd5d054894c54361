"""What is said of a template that cannot be read: Jinja's complaints in plain words."""

from __future__ import annotations

import difflib
import itertools
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from runner.late_pattern import late
from runner.template.findings import TemplateProblem
from runner.template.limits import MAX_SOURCE
from runner.template.ways import TAGS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2.exceptions import TemplateSyntaxError


class LexerToken(NamedTuple):
    """A piece of a template as Jinja's lexer names it, and where it begins."""

    offset: int
    name: str
    value: str


class TextLines:
    """Lines and columns of a text."""

    def __init__(self, text: str) -> None:
        """Find the lines."""
        self.text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def of(self, offset: int) -> tuple[int, int]:
        """Give line and column, from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def after(self, offset: int, word: str) -> int:
        """Find a word at or after an offset."""
        return max(self.text.find(word, offset), offset)

    def problem(self, offset: int, code: str, message: str, help_: str | None) -> TemplateProblem:
        """Make a problem that stands at an offset."""
        return TemplateProblem(code, message, help_, *self.of(max(0, min(offset, len(self.text)))))


_CLOSERS: Final = {"variable_begin": "}}", "block_begin": "%}"}
_FORBIDDEN: Final = frozenset(
    [
        "autoescape",
        "block",
        "break",
        "call",
        "continue",
        "do",
        "extends",
        "from",
        "import",
        "include",
        "macro",
        "trans",
    ]
)
_STATEMENTS: Final = (
    "elif",
    "else",
    "endfor",
    "endif",
    "endset",
    "endwith",
    "filter",
    "for",
    "if",
    "set",
    "with",
)
_BLOCKS: Final = frozenset({"filter", "for", "if", "with"})
_UNKNOWN_TAG: Final = late(r"Encountered unknown tag '(\w+)'")
_INNERMOST: Final = late(r"innermost block that needs to be closed is '(\w+)'")
_PIECE: Final = late(r"\w+|\S")
_LITERAL: Final = "to mean the two characters themselves, write {{ '%s' }}"
_NEVER_ENDED: Final = (
    ("end of comment", "{#", "'{#' is never closed", _LITERAL % "{#"),
    ("raw directive", "{%", "'{% raw %}' is never closed", "write '{% endraw %}' after it"),
)
_CLOSE: Final = "close it, or leave it out"
_MINUS: Final = "this is a dash of a word processor; write a plain '-'"
_STRAIGHT: Final = "use straight quotes: ' or \""
_NAMES: Final = "between braces stands the name of a value, such as {{ caller.name }}"
_QUOTES: Final = frozenset("'\"")
_HINTS: Final = {
    "!": "write 'not' for the opposite, '!=' for 'is different'",
    '"': _CLOSE,
    "&": "write 'and'",
    "'": _CLOSE,
    "=": "to compare, write '=='",
    "?": "write {{ 'this' if … else 'that' }}",
    "AND": "write 'and'",
    "IF": "write 'if'",
    "IN": "write 'in'",
    "IS": "write 'is'",
    "NOT": "write 'not'",
    "OR": "write 'or'",
    "|": "write 'or' for a choice; a filter has a name, as in {{ order | lines }}",
    "\u2013": _MINUS,
    "\u2014": _MINUS,
    "\u2018": _STRAIGHT,
    "\u2019": _STRAIGHT,
    "\u201c": _STRAIGHT,
    "\u201d": _STRAIGHT,
    "contains": "write: 'part' in name",
    "equals": "write '=='",
    "exists": "write 'is known'",
    "}": "each '{{' needs '}}'",
}


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Say which known word was probably meant."""
    close = difflib.get_close_matches(word, sorted(words), n=1)
    return f"did you mean '{close[0]}'?" if close else None


def too_long() -> TemplateProblem:
    """Refuse a text that is longer than a template may be."""
    message = f"a text with '{{{{' in it may have {MAX_SOURCE // 1024} KB at most"
    return TemplateProblem("E118", message, "split it, or leave out the braces", 1, 1)


def too_deep(place: TextLines, offset: int) -> TemplateProblem:
    """Refuse what is nested deeper than anybody writes."""
    message = "this template is nested too deeply"
    return place.problem(offset, "E301", message, "take it apart with {% set … %}")


def with_braces(text: str) -> TemplateProblem | None:
    """Complain of a condition that is written as a template."""
    offset = min((at for at in map(text.find, ("{{", "{%", "{#")) if at >= 0), default=-1)
    if offset < 0:
        return None
    whole = re.fullmatch(r"\s*\{\{(.*)\}\}\s*", text, re.DOTALL)
    inner = whole[1].strip() if whole else ""
    help_ = (
        f"write: {inner}" if inner and "{{" not in inner else "write the names alone: attempts >= 3"
    )
    message = "a condition is written without braces"
    return TextLines(text).problem(offset, "E310", message, help_)


def explain(
    place: TextLines, tokens: list[LexerToken], error: TemplateSyntaxError, *, condition: bool
) -> TemplateProblem:
    """Say in plain words why a text cannot be read.

    Args:
        place: the text.
        tokens: what Jinja's lexer found before it gave up; all of it, if the parser did.
        error: Jinja's complaint; its line number is an offset, unless the lexer complained.
        condition: the text is an expression alone.
    """
    message = error.message or ""
    for words, opening, text, help_ in _NEVER_ENDED:
        if words in message:
            return place.problem(place.text.rfind(opening), "E301", text, help_)
    if not condition and (unclosed := _unclosed(place, tokens)):
        return unclosed
    if echo := _ECHO.search(place.text):
        help_ = f"write {{{{ {echo[1]} }}}}"
        return place.problem(echo.start(), "E301", "'{%=' is of another language", help_)
    if tag := _UNKNOWN_TAG.search(message):
        return _tag(place, tag[1], error)
    if innermost := _INNERMOST.search(message):
        return _never_closed(place, tokens, innermost[1])
    offset = error.lineno
    if "end of template" in message:
        offset = len(place.text)
    elif message.startswith(("unexpected char", "unexpected '")):
        offset = _end(place, tokens)
    return _expression(place, offset, condition=condition)


_ECHO: Final = late(r"\{%=\s*([A-Za-z_][\w.]*)\s*%\}")


def _end(place: TextLines, tokens: list[LexerToken]) -> int:
    """Give the place at which the lexer stopped: after the last token and white space."""
    at = tokens[-1].offset + len(tokens[-1].value) if tokens else 0
    rest = place.text[at:]
    return at + len(rest) - len(rest.lstrip())


def _unclosed(place: TextLines, tokens: list[LexerToken]) -> TemplateProblem | None:
    opening = next((token for token in reversed(tokens) if token.name in _CLOSERS), None)
    if opening is None:
        return None
    closer = _CLOSERS[opening.name]
    brace = opening.value[:2]
    after = opening.offset + 2
    following = [at for at in (place.text.find(each, after) for each in ("{{", "{%")) if at >= 0]
    if closer in place.text[after : min(following, default=len(place.text))]:
        return None
    help_ = f"write '{closer}' after it; {_LITERAL % brace}"
    return place.problem(opening.offset, "E301", f"'{brace}' is never closed", help_)


def _tag(place: TextLines, tag: str, error: TemplateSyntaxError) -> TemplateProblem:
    offset = error.lineno
    if tag in _FORBIDDEN or tag.removeprefix("end") in _FORBIDDEN:
        return place.problem(offset, "E301", f"'{{% {tag} %}}' cannot be used here", None)
    if tag in TAGS:
        return place.problem(offset, "E301", f"unknown statement '{tag}'", TAGS[tag])
    if innermost := _INNERMOST.search(error.message or ""):
        open_tag = innermost[1]
        if tag.startswith(("end", "el")):
            text = f"'{{% {tag} %}}' cannot stand here: '{{% {open_tag} %}}' is still open"
            return place.problem(
                offset, "E301", text, f"close it with '{{% end{open_tag} %}}' first"
            )
    if tag in _STATEMENTS:
        return place.problem(offset, "E301", f"'{{% {tag} %}}' belongs to nothing before it", None)
    alone = re.fullmatch(r"\{%-?\s*([A-Za-z_][\w.]*)\s*-?%\}", _block_at(place.text, offset))
    if alone and not difflib.get_close_matches(tag, _STATEMENTS, n=1, cutoff=0.7):
        help_ = f"for a value, write {{{{ {alone[1]} }}}}"
        return place.problem(offset, "E301", f"unknown statement '{tag}'", help_)
    return place.problem(offset, "E301", f"unknown statement '{tag}'", nearest(tag, _STATEMENTS))


def _block_at(text: str, offset: int) -> str:
    """What stands between `{%` and `%}` around an offset, with these."""
    begin, end = text.rfind("{%", 0, offset + 1), text.find("%}", offset)
    return text[begin : end + 2] if 0 <= begin < end else ""


def _never_closed(place: TextLines, tokens: list[LexerToken], tag: str) -> TemplateProblem:
    """Point at the opening statement that waits for its end."""
    waiting: list[tuple[str, int]] = []
    meaningful = [token for token in tokens if token.name != "whitespace"]
    for before, token in itertools.pairwise(meaningful):
        if before.name != "block_begin":
            continue
        if token.value.startswith("end") and waiting:
            waiting.pop()
        elif token.value in _BLOCKS:
            waiting.append((token.value, before.offset))
    offset = next((at for name, at in reversed(waiting) if name == tag), 0)
    help_ = f"write '{{% end{tag} %}}' where it ends"
    return place.problem(offset, "E301", f"'{{% {tag} %}}' is never closed", help_)


def _said_otherwise(text: str, offset: int) -> tuple[int, str, str] | None:
    """Find a comparison as people say it, or as another language writes it, at an offset."""
    begin = max(text.rfind(each, 0, offset) for each in ("{{", "{%", "\n")) + 1
    end = min(
        (at for each in ("}}", "%}", "\n") if (at := text.find(each, offset)) >= 0),
        default=len(text),
    )
    for pattern, help_ in _OTHERWISE:  # compiled when a mistake is told: re keeps them
        match = re.compile(pattern).search(text, max(begin, offset - _NEAR), end)
        if match is None or match.start() > offset:
            continue
        if offset <= match.end() + 1 or not match["sign"][0].isalnum():
            return match.start("sign"), match["sign"], match.expand(help_)
    return None


_NEAR: Final = 60
_WORD: Final = r"(?P<it>[A-Za-z_][\w.]*)"
_VALUE: Final = r"(?P<value>'[^']*'|\"[^\"]*\"|[\w.]+)"
_OTHERWISE: Final = (
    (r"^\s*(?P<sign>if)\b", "leave it out: a condition begins with a name"),
    (r"\b(?P<sign>then)\b", "leave it out: the condition ends before it"),
    (r"(?P<sign>===)", "write '=='"),
    (r"(?P<sign>!==)", "write '!='"),
    (r"(?P<sign><>)", "write '!='"),
    (r"(?P<sign>=>)", "write '>='"),
    (r"(?P<sign>=<)", "write '<='"),
    (rf"{_WORD}\s*(?P<sign>=~)\s*/?{_VALUE}", r"write '\g<value>' in \g<it>"),
    (rf"{_WORD}\s+(?P<sign>contains)\s+{_VALUE}", r"write \g<value> in \g<it>"),
    (rf"{_WORD}\s+(?P<sign>(?:does\s+not|doesn't)\s+exist)", r"write \g<it> is not known"),
    (rf"\bnot\s+{_WORD}\s+(?P<sign>exists)", r"write \g<it> is not known"),
    (rf"{_WORD}\s+(?P<sign>exists)", r"write \g<it> is known"),
    (rf"{_WORD}\s+(?P<sign>equals)\s+{_VALUE}", r"write \g<it> == \g<value>"),
    (
        rf"{_WORD}\s+(?:is\s+)?(?P<sign>between)\s+{_VALUE}\s+and\s+(?P<most>[\w.]+)",
        r"write \g<value> <= \g<it> <= \g<most>",
    ),
    (
        rf"{_WORD}\s+is\s+(?P<sign>(?:greater|more|bigger|larger)\s+than)\s+{_VALUE}",
        r"write \g<it> > \g<value>",
    ),
    (
        rf"{_WORD}\s+is\s+(?P<sign>(?:less|smaller|fewer)\s+than)\s+{_VALUE}",
        r"write \g<it> < \g<value>",
    ),
    (
        rf"{_WORD}\s+is\s+(?P<sign>(?:at\s+least))\s+{_VALUE}",
        r"write \g<it> >= \g<value>",
    ),
    (
        r"\bnow\s*(?P<than>[<>]=?)\s*(?P<sign>\d{1,2}:\d\d)",
        r"write now.strftime('%H:%M') \g<than> '\g<sign>'",
    ),
)
"""How comparisons are said or written elsewhere → what is written here."""


def _expression(place: TextLines, offset: int, *, condition: bool) -> TemplateProblem:
    match = _PIECE.search(place.text, offset)
    piece = match[0] if match else ""
    if condition and not place.text.strip():
        return place.problem(0, "E301", "there is no condition here", None)
    if piece == "}" and place.text[:offset].rstrip().endswith("{{"):
        return place.problem(offset, "E301", "there is nothing between '{{' and '}}'", _NAMES)
    if piece not in _QUOTES and (said := _said_otherwise(place.text, offset)):
        return place.problem(said[0], "E301", f"'{said[1]}' cannot stand here", said[2])
    if match is None or place.text.startswith(("}}", "%}", "-}}", "-%}"), match.start()):
        what = f"before '{place.text[offset : offset + 2]}'" if match else "at the end"
        return place.problem(offset, "E301", f"something is missing {what}", None)
    if piece == "if" and re.search(r"\{%-?\s*else\s*$", place.text[:offset][-20:]):
        return place.problem(match.start(), "E301", "'if' cannot stand here", TAGS["else if"])
    message = "a quote is not closed" if piece in _QUOTES else f"'{piece}' cannot stand here"
    hint = _HINTS.get(piece) or (None if condition else _of_words(place.text, offset) or _NAMES)
    return place.problem(match.start(), "E301", message, hint)


_WORDS: Final = (
    r"\{\{-?\s*(?![^{}]*\b(?i:and|or|not|in|is|if|else|contains|equals|exists|than)\b)"
    r"([A-Za-z]\w*(?: [A-Za-z]\w*){1,4})\s*-?\}\}"
)


def _of_words(text: str, offset: int) -> str | None:
    """What to write for a name of several words."""
    for match in re.finditer(_WORDS, text):
        if match.start() <= offset < match.end():
            name = match[1].replace(" ", "_").casefold()
            return f"a name has no spaces: write {{{{ {name} }}}}"
    return None
