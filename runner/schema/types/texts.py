"""Texts that know who they are for. The link stage reads a text's role from its type.

A value keeps its role from the file to the call: `Spoken` is heard by the caller, `Told` is read by
the model, `Sent` goes out to a service (the only one in which a secret may stand), `Stored` becomes
a variable or an argument, `Condition` is an expression without braces.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from runner.schema.types.mistake import mistake


class Written(str):
    """What stands in a file as one value, and knows its role there."""

    __slots__ = ()

    @classmethod
    def read(cls, value: str) -> Self:
        """Accept what is written.

        Raises:
            PydanticCustomError: it cannot be of this role.
        """
        return cls(value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            cls.read,
            core_schema.str_schema(strict=True),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": ["string", "number", "boolean"], "pattern": r"\S"}


class Text(Written):
    """A text that may hold templates."""

    __slots__ = ()

    empty: ClassVar[bool] = False
    """Whether a text of nothing (`""`) makes sense here."""

    @classmethod
    def read(cls, value: str) -> Self:
        """Accept a text of this role.

        Raises:
            PydanticCustomError: E105.
        """
        if not cls.empty and not value.strip():
            raise mistake("E105", "there is no text here", "write the text, or delete the line")
        return cls(value)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shape = super().__get_pydantic_json_schema__(schema, handler)
        return {"type": shape["type"]} if cls.empty else shape


class Spoken(Text):
    """Words that the caller hears exactly so."""

    __slots__ = ()


class Told(Text):
    """Text for the model."""

    __slots__ = ()


class Stored(Text):
    """A value that is kept: a variable, an argument. One `{{ expression }}` keeps its type."""

    __slots__ = ()
    empty = True


class Sent(Text):
    """Text that goes out to a service; secrets may stand in it."""

    __slots__ = ()
    empty = True


class Credential(Sent):
    """What a request proves itself by; there is always something."""

    __slots__ = ()
    empty = False


class Argument(Sent):
    """An argument of a program that is started."""

    __slots__ = ()


class Bound(Text):
    """A bound of a parameter: as it is written, or one template of a variable."""

    __slots__ = ()


class Condition(Text):
    """An expression without braces."""

    __slots__ = ()


class Plain(Text):
    """A text in which a template means nothing, such as the words of a pronunciation."""

    __slots__ = ()


class Scalar(Text):
    """The value of a fixed variable."""

    __slots__ = ()
    empty = True
