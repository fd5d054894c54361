"""Keys of a telephone: what the caller presses, and what the agent presses."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from runner.schema.actions import Actions
from runner.schema.types.mistake import mistake
from runner.schema.types.pressed import PRESSED

OTHER = "other"
"""In a keypad: every key that is not listed."""

_LISTED = (*PRESSED, OTHER)

_MEANT = {
    "star": "*", "asterisk": "*", "hash": "#", "pound": "#", "square": "#", "default": OTHER,
    "else": OTHER, "any": OTHER, "invalid": OTHER, "others": OTHER, "fallback": OTHER,
}  # fmt: skip


def _key(text: str) -> str:
    if text in _LISTED:
        return text
    meant = _MEANT.get(text.casefold())
    hint = 'write one of 0 to 9, "*" or "#", these two in quotes, or other for all the rest'
    if len(text) > 1 and set(text) <= set(PRESSED):
        hint = "write one key a line; several keys in a row are a need of type: digits"
    raise mistake(
        "E107",
        f"'{text}' is not a key of a telephone",
        f"write {meant}:" if meant == OTHER else f'write "{meant}":' if meant else hint,
        on="key",
    )


Key = Annotated[str, AfterValidator(_key), WithJsonSchema({"enum": list(_LISTED)})]

Keypad = dict[Key, Actions]
"""Key → what is done when the caller presses it."""
