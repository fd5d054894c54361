"""Models whose reader is built when the first of them is read.

The language has some hundred and fifty blocks, a folder uses a dozen. What reads a block knows the
keys of that block alone, and asks the blocks below it as they come.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    ValidationInfo,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

_BUILDING: ContextVar[type[BuiltWhenUsed] | None] = ContextVar("_BUILDING", default=None)
"""The model whose own reader is being built."""

_DRAWING: ContextVar[frozenset[type[BuiltWhenUsed]]] = ContextVar("_DRAWING", default=frozenset())
"""The models within whose JSON Schema another is drawn."""


class BuiltWhenUsed(BaseModel):
    """A model that other models hold by a reference: neither builds the other's reader."""

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def model_rebuild(cls, **options: Any) -> bool | None:
        """Build what reads its own keys."""
        token = _BUILDING.set(cls)
        try:
            # every name in its annotations is a name of its module, none of a caller's frame
            return super().model_rebuild(**{**options, "_parent_namespace_depth": 0})
        finally:
            _BUILDING.reset(token)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if _BUILDING.get() is cls:
            _BUILDING.set(None)
            return handler(source)
        return core_schema.with_info_plain_validator_function(
            cls._read,
            ref=cls._ref(),
            serialization=core_schema.wrap_serializer_function_ser_schema(
                _written, schema=core_schema.any_schema()
            ),
        )

    @classmethod
    def _ref(cls) -> str:
        """What pydantic calls the model."""
        return f"{cls.__module__}.{cls.__qualname__}:{id(cls)}"

    @classmethod
    def _read(cls, value: Any, info: ValidationInfo) -> Any:
        return cls.__pydantic_validator__.validate_python(value, context=info.context)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return cls._drawn(handler) if schema["type"] == "function-plain" else handler(schema)

    @classmethod
    def _drawn(cls, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        cls.model_rebuild()
        whole = cls.__pydantic_core_schema__
        around = _DRAWING.get()
        if cls in around:  # it may stand below itself, or below what stands below it
            own = handler(core_schema.definition_reference_schema(cls._ref()))
            return {"allOf": [own]}  # a bare reference would be resolved, which it cannot be yet
        token = _DRAWING.set(around | {cls})
        try:
            return handler(whole)
        finally:
            _DRAWING.reset(token)


def _written(value: BuiltWhenUsed, handler: SerializerFunctionWrapHandler) -> Any:
    value.model_rebuild()  # one that was made, not read
    return handler(value)
