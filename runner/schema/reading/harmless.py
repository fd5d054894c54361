"""What is a mistake in a text for people only, and no harm in a setting or an expression.

A comment one space behind a value: in a text the `#` may be meant. A backslash before a quote: in
a text it would be spoken.
"""

from __future__ import annotations

from typing import Any, get_args, get_origin

from runner.diagnostics import Diagnostic
from runner.schema.file import File
from runner.schema.reading.annotations import arms, inside
from runner.schema.types.blocks import Block
from runner.schema.types.texts import Scalar, Spoken, Stored, Text, Told
from runner.syntax import Document, Location


def without_harmless(document: Document) -> list[Diagnostic]:
    """The diagnostics of a document but for those that are none where they stand."""
    harmless = {"E016": _behind_setting, "W004": _in_an_expression}
    return [
        d
        for d in document.diagnostics
        if d.code not in harmless or not harmless[d.code](document, d)
    ]


def _in_an_expression(document: Document, diagnostic: Diagnostic) -> bool:
    location = document.around(diagnostic.span.line, diagnostic.span.column)
    arms = _annotation(document, location) if location is not None else None
    return not arms or not any(_is_text(arm, _SAID) for arm in arms)


_SAID = (Spoken, Told, Stored, Scalar)
"""Texts that people or models get as they are written."""


def _behind_setting(document: Document, diagnostic: Diagnostic) -> bool:
    location = document.ending_at(diagnostic.span.line, diagnostic.span.column - 1)
    if location is None:
        return False
    arms = _annotation(document, location)
    return arms is not None and not any(arm is Any or _is_text(arm, (Text,)) for arm in arms)


def _is_text(arm: Any, classes: tuple[type[Text], ...]) -> bool:
    if get_origin(arm) is tuple:
        return any(_is_text(inner, classes) for inner in arms(get_args(arm)[0]))
    return isinstance(arm, type) and issubclass(arm, classes)


def _annotation(document: Document, location: Location) -> list[Any] | None:
    """The types that the schema has for a value, or None where it has none."""
    arms: list[Any] = [File]
    data: Any = document.data
    for part in location:
        arms = [inner for arm in arms for inner in _step(arm, part, data)]
        data = data[part]
    return arms or None


def _step(arm: Any, part: str | int, data: Any) -> list[Any]:
    if isinstance(arm, type) and issubclass(arm, Block):
        if arm.kind and isinstance(data, dict) and arm.kind not in data:
            return []
        field = arm.model_fields.get(arm.keys().get(str(part), ""))
        return list(arms(field.annotation)) if field is not None else []
    if arm is Any:
        return [Any]
    if isinstance(part, int) and get_origin(arm) is not tuple:
        return [arm]
    inner = inside(arm, part)
    return [] if inner is None else list(arms(inner))
