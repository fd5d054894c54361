"""Words: what the caller hears exactly so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetJsonSchemaHandler, Tag
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from runner.schema.types.blocks import Before, OneOrList
from runner.schema.types.by_language import BY_LANGUAGE, EACH, ONE, LanguageKey
from runner.schema.types.mistake import mistake
from runner.schema.types.texts import Spoken
from runner.schema.types.values import NO, NO_SHAPE, YES, refuse_like_yes_no

_InTurn = Annotated[tuple[Spoken, ...], OneOrList(scalars=True)]

Words = Annotated[
    Annotated[_InTurn, Tag(ONE)] | Annotated[dict[LanguageKey, _InTurn], Tag(EACH)], BY_LANGUAGE
]
"""A text, or a list of texts used in turn; or either of them for each language."""


@dataclass(frozen=True)
class _OrYes(Before):
    def read(self, value: Any) -> Any:
        """Give no words for yes."""
        if isinstance(value, str):
            word = value.strip().casefold()
            if word in YES:
                return []
            if word in NO:
                raise mistake(
                    "E107",
                    f"'{value}' stands here, where yes or words belong",
                    "write yes, write the words to say first, or delete the line",
                )
            refuse_like_yes_no(value)
        return value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shape = handler(schema)
        return {"allOf": [shape, {"not": NO_SHAPE}]}


SayOrYes = Annotated[Words, _OrYes()]
"""Words said first, or `yes`: an empty tuple."""
