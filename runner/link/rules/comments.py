"""`{#var#}` and `${#list[@]}`: words that a template takes for a comment, and leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.types.texts import Condition, Plain, Scalar, Text

_COMMENT = re.compile(r"\{#(?!-?\s)(.*?)(?<!\s)(-?#\})|\{#(?!-?\s).*?#\}", re.DOTALL)
_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}", re.DOTALL)
_STRINGS = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")
_LONGEST = 40


def _check(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    text = leaf.value
    if not isinstance(text, Text) or isinstance(text, Condition | Plain | Scalar):
        return
    if "{#" not in text:
        return
    hidden = _RAW.sub(_spaces, _STRINGS.sub(_spaces, text))
    for comment in _COMMENT.finditer(hidden):
        shown = text[comment.start() : comment.end()]
        line = text.count("\n", 0, comment.start()) + 1
        column = comment.start() - (text.rfind("\n", 0, comment.start()) + 1) + 1
        short = shown if len(shown) <= _LONGEST and "\n" not in shown else "{#"
        span = context.texts.pinpoint.at(place, text, line, column, short)
        message = f"'{_shortened(shown)}' is left out: it is a comment"
        yield Diagnostic(span, "W208", message, _help(comment[1] or ""))


def _help(inside: str) -> str:
    value = f"write {{{{ {inside} }}}} for a value, " if _NAME.fullmatch(inside) else "write "
    return (
        f"{value}{{{{ '{{#' }}}} for the characters, and a comment with spaces: {{# like this #}}"
    )


def _spaces(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}…#}}"


RULE = LeafRule(_check)
