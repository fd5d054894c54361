"""Values in a test: what is given, and what is expected."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Self

from pydantic import PlainValidator, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.types.blocks import Block, OneOrList, any_of, key, together
from runner.schema.types.mistake import clash, mistake
from runner.schema.types.settings import Setting
from runner.schema.types.texts import Plain, Stored
from runner.schema.types.values import Pattern, YesNo

Texts = Annotated[tuple[Plain, ...], OneOrList(scalars=True)]


"""A text, or a list of texts."""


def _data(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _data(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_data(inner) for inner in value)
    return Stored(value)


Data = Annotated[Any, PlainValidator(_data), WithJsonSchema({})]


"""A text, list or mapping of texts, as deep as needed; one `{{ expression }}` keeps its type."""


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise mistake("E117", f"'{text}' is not a moment", "write it as 2026-12-01T10:00") from None


Moment = Annotated[
    datetime,
    Setting(_moment, {"type": "string", "pattern": r"^\s*\d{4}-\d\d-\d\d"}, "date and time"),
]


class Match(Block):
    """A value that is not known to the letter."""

    noun: ClassVar[str] = "an expected value"
    rules: ClassVar[JsonSchemaValue] = any_of("matches", "missing") | together("matches", "missing")

    matches: Pattern | None = key("a regular expression that is found in it", None)
    missing: YesNo = key("yes: the value must not be there", False)

    @model_validator(mode="after")
    def _says_one(self) -> Self:
        if self.matches is not None and self.missing:
            raise clash("matches", "missing", self.noun)
        if self.matches is None and not self.missing:
            raise mistake(
                "E106", "needs one of: matches, missing", "write matches: or missing: yes"
            )
        return self


def _expected(value: Any) -> Any:
    if isinstance(value, dict) and value and set(value) <= {"matches", "missing"}:
        return Match.model_validate(value)
    if isinstance(value, dict):
        return {str(name): _expected(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_expected(inner) for inner in value)
    return Plain(value)


Expected = Annotated[Any, PlainValidator(_expected), WithJsonSchema({})]


"""What a value must be: a text, a block `matches:` or `missing: yes`, or lists and keys of such."""
