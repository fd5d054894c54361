"""Plain values of a JSON body: they look typed, and are sent as text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.late_pattern import late
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.http import Body
from runner.schema.types.texts import Text

_LOOKS_TYPED = late(r"[+-]?\d+(\.\d+)?|true|false|null|yes|no", re.IGNORECASE)


def _check(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    if not isinstance(leaf.value, Text) or not isinstance(leaf.owner, Body) or leaf.key != "json":
        return
    plain = context.definition.document.style(leaf.location) == "plain"
    if not plain or not _LOOKS_TYPED.fullmatch(leaf.value):
        return
    kind = "yes/no" if leaf.value[0].isalpha() else "number"
    hint = (
        f'write "{{{{ {_literal(leaf.value)} }}}}" to send a {kind}, '
        f'or "{leaf.value}" in quotes to send a text'
    )
    yield Diagnostic(place, "W204", f"{leaf.value} is sent as text here", hint)


def _literal(text: str) -> str:
    return {"yes": "true", "no": "false", "null": "none"}.get(text.casefold(), text.casefold())


RULE = LeafRule(_check, Text)
