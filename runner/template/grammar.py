"""Jinja's grammar: a text becomes a tree that knows its places, or a problem in plain words."""

from __future__ import annotations

import functools
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import TokenStream
from jinja2.parser import Parser
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from runner.late_pattern import late
from runner.template import lookup
from runner.template.complaints import (
    LexerToken,
    TextLines,
    explain,
    too_deep,
    too_long,
    with_braces,
)
from runner.template.empty import Empty
from runner.template.filters import filters, tests
from runner.template.findings import Analysis, TemplateProblem
from runner.template.foreign import foreign
from runner.template.limits import MAX_BRACKETS, MAX_SOURCE
from runner.template.pieces import blank
from runner.template.uses import TooDeep, Walk
from runner.template.words import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_STRAY_ESCAPE: Final = late(r"""\\(?!["'\\nrtbfavxuUN0-7])""")
_OPENING: Final = frozenset({"variable_begin", "block_begin"})
_KEPT: Final = 2_048
_MOST_PROBLEMS: Final = 30


class Missing(Empty, Undefined):  # type: ignore[misc]  # comparisons give false, not an error
    """An empty value that knows which name and attributes were asked for."""

    __slots__ = ("path",)

    def __init__(self, *args: Any, path: tuple[str, ...] = (), **kwargs: Any) -> None:
        """Take what Jinja gives an undefined value, and the path."""
        Undefined.__init__(self, *args, **kwargs)
        self.path = path


class Environment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with lkrun's filters, tests and ways to reach into a value."""

    def __init__(self, *, wire: bool = False, language: str = "") -> None:
        """Set the grammar: a line that holds only a `{% … %}` leaves no line behind."""
        super().__init__(
            undefined=Missing,
            autoescape=False,
            keep_trailing_newline=True,
            lstrip_blocks=True,
            trim_blocks=True,
            cache_size=0,
        )
        read = functools.partial(as_text, wire=wire, language=language)
        self.filters = dict(filters(read, language))
        self.tests = tests()
        self.globals.clear()

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Take an attribute for a filter such as `map(attribute=…)`."""
        return self._found(lookup.attribute(obj, attribute))

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Take a part of a value for a filter such as `sort(attribute=…)`."""
        return self._found(lookup.item(obj, argument))

    @staticmethod
    def _found(value: Any) -> Any:
        return Missing() if value is None or isinstance(value, Empty) else value


@functools.cache
def environment(*, wire: bool = False, language: str = "") -> Environment:
    """Give the one environment for words in a language, or for what goes out on the wire."""
    return Environment(wire=wire, language="" if wire else language)


@dataclass(frozen=True, slots=True)
class Template:
    """A text that was read: its tree, and what is known of it.

    The nodes of the tree carry offsets where Jinja has line numbers.
    """

    text: str
    body: tuple[nodes.Node, ...]
    analysis: Analysis

    def place(self, offset: int) -> tuple[int, int]:
        """Give line and column, from 1, of an offset."""
        before = self.text[:offset]
        return before.count("\n") + 1, offset - before.rfind("\n")


def _tokens(text: str, state: str | None, tokens: list[LexerToken]) -> None:
    """Collect Jinja's tokens with their offsets; white space that Jinja drops moves nothing."""
    cursor = 0
    for _, name, value in environment().lexer.tokeniter(text, None, None, state):
        cursor = text.index(value, cursor)
        tokens.append(LexerToken(cursor, name, value))
        cursor += len(value)


def _count_brackets(tokens: list[LexerToken]) -> None:
    """Stop before Jinja's parser would go too deep.

    Raises:
        TooDeep: at the bracket that is one too many.
    """
    depth = 0
    for token in tokens:
        if token.name == "operator":
            depth += (token.value in "([{") - (token.value in ")]}")
            if depth > MAX_BRACKETS:
                raise TooDeep(token.offset)


def _stream(tokens: list[LexerToken]) -> Iterator[tuple[int, str, str]]:
    for token in tokens:
        value = token.value
        if token.name == "string" and "\\" in value:
            value = value[0] + _STRAY_ESCAPE.sub(r"\\\\", value[1:-1]) + value[-1]
        yield token.offset, token.name, value


def _parser(tokens: list[LexerToken]) -> Parser:
    parser = Parser(environment(), "")
    parser.stream = TokenStream(environment().lexer.wrap(_stream(tokens)), None, None)
    return parser


def _body(tokens: list[LexerToken]) -> list[nodes.Node]:
    return _parser(tokens).subparse()


def _expression(tokens: list[LexerToken]) -> list[nodes.Node]:
    parser = _parser(tokens)
    expression = parser.parse_expression()
    if not parser.stream.eos:
        raise TemplateSyntaxError("more than one expression", parser.stream.current.lineno)
    return [expression]


def _single(body: list[nodes.Node]) -> nodes.Expr | None:
    """Give the one expression of a text that has nothing else in it."""
    parts = [
        part for node in body for part in (node.nodes if isinstance(node, nodes.Output) else [node])
    ]
    parts = [p for p in parts if not (isinstance(p, nodes.TemplateData) and not p.data.strip())]
    only = parts[0] if len(parts) == 1 else None
    return (
        only if isinstance(only, nodes.Expr) and not isinstance(only, nodes.TemplateData) else None
    )


def _read(text: str, state: str | None) -> Template:
    """Read a text; what cannot be read between two braces is told, and the rest is read on."""
    if len(text) > MAX_SOURCE:
        return Template(text, (), Analysis((too_long(),)))
    place, problems, readable = TextLines(text), [], text
    for piece in foreign(text, _readable) if state is None else ():
        readable = _blanked(readable, piece.begin, piece.end)
        if piece.message:
            problems.append(place.problem(piece.begin, "E301", piece.message, piece.help))
    for _ in range(_MOST_PROBLEMS):
        read = _parsed(readable, state)
        broken = None if read.body or state else _broken(readable, read.analysis)
        if broken is None:
            break
        problems += read.analysis.problems
        readable = _blanked(readable, *broken)
    if not problems:
        return read
    known = sorted([*problems, *read.analysis.problems], key=lambda each: (each.line, each.column))
    return Template(text, (), replace(read.analysis, problems=tuple(known)))


def _readable(expression: str) -> bool:
    return bool(_parsed(expression, "variable").body)


def _blanked(text: str, begin: int, end: int) -> str:
    return text[:begin] + blank(text[begin:end]) + text[end:]


def _broken(text: str, analysis: Analysis) -> tuple[int, int] | None:
    """Find the `{{ … }}` in which the one problem of a text stands."""
    if not analysis.problems:
        return None
    problem = analysis.problems[0]
    lines = text.split("\n")
    at = sum(len(line) + 1 for line in lines[: problem.line - 1]) + problem.column - 1
    begin, end = text.rfind("{{", 0, at + 2), text.find("}}", at)
    inside = text[begin + 2 : end] if 0 <= begin < end else "{%"
    return None if "{{" in inside or "{%" in inside or "}}" in inside else (begin, end + 2)


def _parsed(text: str, state: str | None) -> Template:
    tokens: list[LexerToken] = []
    place = TextLines(text)
    try:
        _tokens(text, state, tokens)
        _count_brackets(tokens)
        body = _expression(tokens) if state else _body(tokens)
        begins = [token.offset for token in tokens if token.name in _OPENING]
        walk = Walk(
            environment(), place, lambda at: begins[bisect_right(begins, at) - 1] if begins else 0
        )
        single = None if state else _single(body)
        walk.everything(body, single, condition=bool(state))
    except TooDeep as stop:
        return Template(text, (), Analysis((too_deep(place, stop.offset),)))
    except RecursionError:
        return Template(text, (), Analysis((too_deep(place, 0),)))
    except TemplateSyntaxError as error:
        return Template(text, (), Analysis((explain(place, tokens, error, condition=bool(state)),)))
    except ValueError:
        return Template(text, (), Analysis((_number_too_long(place, tokens),)))
    return Template(
        text, (single,) if single else tuple(body), walk.analysis(single=single is not None)
    )


def _number_too_long(place: TextLines, tokens: list[LexerToken]) -> TemplateProblem:
    offset = next((token.offset for token in tokens if token.name == "integer"), 0)
    return place.problem(offset, "E301", "a number in this template is too long", None)


@functools.lru_cache(maxsize=_KEPT)
def template(text: str) -> Template:
    """Read a text with braces in it. Never raises: what is wrong is in its analysis."""
    return _read(text.replace("\r\n", "\n").replace("\r", "\n"), None)


@functools.lru_cache(maxsize=_KEPT)
def condition(text: str) -> Template:
    """Read an expression without braces. Never raises."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if braces := with_braces(text):
        return Template(text, (), Analysis((braces,)))
    return _read(text, "variable")
