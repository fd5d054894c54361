"""Comments one space behind a value.

A mistake behind a text, where the `#` may be meant, and fine behind a setting.
"""

from __future__ import annotations

from typing import Any, get_args, get_origin

from runner.diagnostics import Diagnostic
from runner.schema.file import File
from runner.schema.reading.annotations import arms, inside
from runner.schema.types.blocks import Block
from runner.schema.types.texts import Text
from runner.syntax import Document, Location


def without_harmless(document: Document) -> list[Diagnostic]:
    """The diagnostics of a document but for comments that cut off no text."""
    return [d for d in document.diagnostics if d.code != "E016" or not _behind_setting(document, d)]


def _behind_setting(document: Document, diagnostic: Diagnostic) -> bool:
    location = document.ending_at(diagnostic.span.line, diagnostic.span.column - 1)
    if location is None:
        return False
    found = _annotation(document, location)
    return found is not None and not any(_is_text(arm) for arm in found)


def _is_text(arm: Any) -> bool:
    if get_origin(arm) is tuple:
        return any(map(_is_text, arms(get_args(arm)[0])))
    return arm is Any or (isinstance(arm, type) and issubclass(arm, Text))


def _annotation(document: Document, location: Location) -> list[Any] | None:
    """The types that the schema has for a value, or None where it has none."""
    found: list[Any] = [File]
    data: Any = document.data
    for part in location:
        found = [inner for arm in found for inner in _step(arm, part, data)]
        data = data[part]
    return found or None


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
