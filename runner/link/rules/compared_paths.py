"""Comparisons of a JMESPath with what was meant as a value, and is read as a name of the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.late_pattern import late
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.types.paths import JmesPath

_COMPARED = late(
    r"(?:==|!=|<=|>=|<|>)\s*(?:(true|false|null)\b|\"([^\"`']*)\")(?!\s*[.\[(])", re.IGNORECASE
)


def _check(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    del context
    for match in _COMPARED.finditer(leaf.value):
        word = match[1] or match[2]
        written = f"`{word.casefold()}`" if match[1] else f"'{word}'"
        message = f"'{word}' is read as a name of the answer here, not as a value"
        hint = f"write {written}, with these marks around it"
        yield Diagnostic(place, "W214", message, hint)


RULE = LeafRule(_check, JmesPath)
