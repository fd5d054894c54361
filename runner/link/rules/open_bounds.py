"""Bounds that a call fills: only what the model gives to a tool can be held between them."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.types.texts import Bound
from runner.template import has_template


def _check(_context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    if not isinstance(leaf.value, Bound) or not has_template(leaf.value):
        return
    section, _name, key = leaf.location[:3]
    if (section, key) == ("tools", "parameters"):
        return
    is_need = key in ("needs", "ask")
    message = f"'{leaf.key}' of a {'need' if is_need else 'variable'} cannot change in a call"
    hint = "write a plain value; a template may bound a parameter of a tool"
    if is_need:
        hint = "write a plain value, or compare the answer below then: by if: and ask_again:"
    yield Diagnostic(place, "E112", message, hint)


RULE = LeafRule(_check, Bound)
