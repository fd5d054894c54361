"""Variables of an agent: fixed values, and fields that change in a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Discriminator, GetCoreSchemaHandler, Tag, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from runner.diagnostics.nearest import nearest
from runner.schema.fields import Field
from runner.schema.types.foreign import FOREIGN, fold
from runner.schema.types.mistake import mistake
from runner.schema.types.settings import Settings
from runner.schema.types.texts import Scalar
from runner.template import has_template


@dataclass(frozen=True)
class _FixedOrField:
    """A variable: a plain value or list of texts is fixed, a block declares one that changes."""

    def _read(self, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str):
            return _fixed(value, info)
        if isinstance(value, list):
            if not all(isinstance(v, str) for v in value):
                raise mistake(
                    "E104",
                    "a fixed list holds texts only",
                    "write one text a line, each with a dash",
                )
            return tuple(_fixed(v, info) for v in value)
        if isinstance(value, dict) and value and not _is_field(value):
            first = next(iter(value))
            raise mistake(
                "E104",
                "a fixed value is one text or a list of texts, and these are names of your own",
                f"write each as a variable of its own, one level to the left: {first}:",
                at=(first,),
                on="key",
            )
        if value is None:
            raise mistake(
                "E105",
                "there is no value here",
                "write its value, or type: text for one that is not known yet",
            )
        return value

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_before_validator_function(self._read, handler(source))


def _is_field(value: dict[str, Any]) -> bool:
    """Whether any of these names may have been meant as a key of a field."""
    known, foreign = Field.keys(), FOREIGN[Field.noun]
    return any(
        name in known or name in Field.elsewhere or fold(name) in foreign or nearest(name, known)
        for name in value
    )


def _fixed(text: str, info: ValidationInfo) -> str:
    if has_template(text) and isinstance(info.context, Settings):
        return Settings(info.context.env, {}).resolve(text)
    return text


Variable = Annotated[
    Annotated[Scalar, Tag("<fixed>")]
    | Annotated[tuple[Scalar, ...], Tag("<fixed list>")]
    | Annotated[Field, Tag("<Field>")],
    Discriminator(
        lambda v: (
            "<fixed>"
            if isinstance(v, str)
            else "<fixed list>"
            if isinstance(v, list | tuple)
            else "<Field>"
        )
    ),
    _FixedOrField(),
]
"""A fixed text or list of texts, or the field that declares a variable of the call."""
