"""`{#var#}` and `${#list[@]}`: words that a template takes for a comment, and leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.late_pattern import late
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.types.texts import Condition, Plain, Scalar, Text
from runner.template import pieces

_NAME = late(r"[A-Za-z_]\w*")
_LONGEST = 40


def _check(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    text = leaf.value
    if not isinstance(text, Text) or isinstance(text, Condition | Plain | Scalar):
        return
    if "{#" not in text:
        return
    for opening, begin, end in pieces(text):
        inside = text[begin + 2 : end - 2]
        if opening != "{#" or re.match(r"-?\s", inside):
            continue
        shown = text[begin:end]
        line = text.count("\n", 0, begin) + 1
        column = begin - (text.rfind("\n", 0, begin) + 1) + 1
        short = shown if len(shown) <= _LONGEST and "\n" not in shown else "{#"
        span = context.texts.pinpoint.at(place, text, line, column, short)
        message = f"'{_shortened(shown)}' is left out: it is a comment"
        yield Diagnostic(span, "W208", message, _help(inside))


def _help(inside: str) -> str:
    value = f"write {{{{ {inside} }}}} for a value, " if _NAME.fullmatch(inside) else "write "
    return (
        f"{value}{{{{ '{{#' }}}} for the characters, and a comment with spaces: {{# like this #}}"
    )


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}…#}}"


RULE = LeafRule(_check, Text)
