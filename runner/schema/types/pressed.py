"""Keys that are pressed one after the other."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Self

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from runner.late_pattern import late
from runner.schema.types.mistake import mistake
from runner.schema.types.settings import Setting
from runner.schema.types.texts import Stored
from runner.template import has_template

PRESSED = "0123456789*#"
"""The keys of a telephone."""

PAUSE = "w"
"""Among keys that an agent presses: half a second of waiting."""

LONGEST = 64
"""Keys in a row."""

_KEYS = late(r"[0-9*#A-Dw\s]*")
_LOOSE = {",": PAUSE, "W": PAUSE, "p": PAUSE}


class Keys(Stored):
    """Keys that an agent presses; a template may give them."""

    __slots__ = ()
    empty: ClassVar[bool] = False

    @classmethod
    def read(cls, value: str) -> Self:
        """Accept keys.

        Raises:
            PydanticCustomError: E107, what is no key.
        """
        made = super().read(value)
        if has_template(value) or (_KEYS.fullmatch(value) and len(value) <= LONGEST):
            return made
        odd = next((c for c in value if not _KEYS.fullmatch(c)), "")
        if not odd:
            raise mistake("E109", f"there are more than {LONGEST} keys here", "write fewer")
        hint = "write 0 to 9, *, # and w, which waits half a second"
        if odd in _LOOSE:
            hint = f"write {PAUSE} for half a second of waiting"
        raise mistake("E107", f"'{value}' holds '{odd}', which is not a key", hint)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shape = super().__get_pydantic_json_schema__(schema, handler)
        return {**shape, "pattern": r"^[0-9*#A-Dw\s]+$|\{[{%]"}


def _by_caller(text: str) -> str:
    keys = "".join(text.split())
    odd = next((c for c in keys if c not in PRESSED), "")
    if odd:
        raise mistake(
            "E107",
            f"'{text}' holds '{odd}', which is not a key of a telephone",
            "write keys from 0 to 9, * and #; what the caller says is written as user:",
        )
    if not keys or len(keys) > LONGEST:
        raise mistake("E109", "there is no key here, or too many", f"write 1 to {LONGEST} keys")
    return keys


PressedByCaller = Annotated[
    str, Setting(_by_caller, {"type": ["string", "number"], "pattern": r"^[0-9*#\s]+$"}, "keys")
]
"""Keys that a caller presses."""


def keys_in(text: str) -> str:
    """The keys in a text that a template or a model gave; what is none is left out."""
    return "".join(c for c in text if re.fullmatch(r"[0-9*#A-Dw]", c))[:LONGEST]
