"""The JSON Schema of a provider's options, as an editor shall see them; made where it is imported.

It refuses only what `check` refuses: YAML's texts may stand for numbers, durations and yes or no
(`conversion`), a template for anything, and what a validator of the plugin's own reads first may
have any shape. Source: pydantic's "Customizing the JSON Schema generation process".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from runner.providers.conversion import takes_more
from runner.providers.record import model_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel
    from pydantic_core import core_schema

DEFINITIONS = "#/$defs/"

_TEMPLATE: JsonSchemaValue = {"type": "string", "pattern": r"\{\{|\{%"}
_TEXT = ["string", "number", "boolean"]
_YES_NO: JsonSchemaValue = {
    "anyOf": [
        {"type": "boolean"},
        {
            "type": "string",
            "pattern": r"^\s*([yY][eE][sS]|[nN][oO]|[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|"
            r"[oO][nN]|[oO][fF][fF])\s*$",
        },
    ]
}
_NUMBER: JsonSchemaValue = {
    "type": "string",
    "pattern": r"^\s*([+-]?\d{1,15}(\.\d{1,15})?([eE][+-]?\d{1,3})?|"
    r"\d{1,12}(\.\d{1,9})?(ms|s|m|h|d))\s*$",
}
_SHAPE = frozenset({"anyOf", "const", "enum", "format", "maxLength", "minLength", "pattern"})


def schema_of(options: type[BaseModel], prefix: str) -> dict[str, Any]:
    """The schema of a block of options.

    Args:
        options: the model.
        prefix: what names of definitions begin with, so that many schemas may stand in one file.
    """
    made = options.model_json_schema(
        by_alias=True, ref_template=f"{DEFINITIONS}{prefix}{{model}}", schema_generator=_ForEditors
    )
    made["$defs"] = {f"{prefix}{name}": made["$defs"][name] for name in made.get("$defs", ())}
    return made


def schema_of_record(recorded: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The schema of what was recorded of a LiveKit plugin, as its options are checked too."""
    made = schema_of(model_of(recorded), prefix)
    made.pop("description", None)
    for option in recorded["options"]:
        shown = made["properties"][option["name"]]
        if option["description"]:
            shown["description"] = option["description"]
        if isinstance(option["default"], str | int | float | bool):
            shown["default"] = option["default"]
    return made


class _ForEditors(GenerateJsonSchema):
    """What pydantic would say of YAML's values, said of what an editor sees instead of them."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - as pydantic has it

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's method
        """An option's name is title enough."""
        return False

    def handle_invalid_for_json_schema(
        self,
        schema: Any,  # noqa: ARG002 - pydantic's method
        error_info: str,  # noqa: ARG002 - as above
    ) -> JsonSchemaValue:
        """A type that has no shape may be anything."""
        return {}

    def model_field_schema(self, schema: core_schema.ModelField) -> JsonSchemaValue:
        return _or_template(super().model_field_schema(schema))

    def typed_dict_field_schema(self, schema: core_schema.TypedDictField) -> JsonSchemaValue:
        return _or_template(super().typed_dict_field_schema(schema))

    def dataclass_field_schema(self, schema: core_schema.DataclassField) -> JsonSchemaValue:
        return _or_template(super().dataclass_field_schema(schema))

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        default = schema.get("default")
        shown = isinstance(default, str | int | float | bool) and "$ref" not in inner
        return {**inner, "default": default} if shown else inner

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def bool_schema(
        self,
        schema: core_schema.BoolSchema,  # noqa: ARG002 - pydantic's method
    ) -> JsonSchemaValue:
        return {**_YES_NO}

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        return {"anyOf": [super().int_schema(schema), _NUMBER]}

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        return {"anyOf": [super().float_schema(schema), _NUMBER]}

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        return super().str_schema(schema) | {"type": _TEXT}

    def timedelta_schema(
        self,
        schema: core_schema.TimedeltaSchema,  # noqa: ARG002 - pydantic's method
    ) -> JsonSchemaValue:
        return {"type": _TEXT, "examples": ["1s"]}

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        return _choice(super().literal_schema(schema))

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        made = super().enum_schema(schema)
        words = [str(word) for m in schema["members"] for word in (m.value, m.name)]
        pattern = "|".join(_in_any_case(word) for word in dict.fromkeys(words))
        written = {"type": "string", "pattern": rf"^\s*({pattern})\s*$"}
        return {"anyOf": [_choice({"enum": made["enum"]}), written]}

    def list_schema(self, schema: core_schema.ListSchema) -> JsonSchemaValue:
        return _of_many(super().list_schema(schema))

    def tuple_schema(self, schema: core_schema.TupleSchema) -> JsonSchemaValue:
        return _of_many(super().tuple_schema(schema))

    def set_schema(self, schema: core_schema.SetSchema) -> JsonSchemaValue:
        return _of_many(super().set_schema(schema))

    def frozenset_schema(self, schema: core_schema.FrozenSetSchema) -> JsonSchemaValue:
        return _of_many(super().frozenset_schema(schema))

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        made: JsonSchemaValue = {"type": "object"}
        if "values_schema" in schema:
            made["additionalProperties"] = _or_template(
                self.generate_inner(schema["values_schema"])
            )
        return made

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        return {"anyOf": super().tagged_union_schema(schema)["oneOf"]}

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        return _loose(schema, super().function_before_schema)

    def function_wrap_schema(
        self, schema: core_schema.WrapValidatorFunctionSchema
    ) -> JsonSchemaValue:
        return _loose(schema, super().function_wrap_schema)

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return _closed(super().model_schema(schema), schema["cls"])

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        return _closed(super().typed_dict_schema(schema), schema.get("cls"))

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        return _closed(super().dataclass_schema(schema), schema["cls"])


def _or_template(schema: JsonSchemaValue) -> JsonSchemaValue:
    """What may be a template as well."""
    if "$ref" not in schema and not schema.get("type") and not _SHAPE & schema.keys():
        return schema
    if schema.get("type") == _TEXT and not _SHAPE & schema.keys():
        return schema
    notes: JsonSchemaValue = {
        k: schema[k] for k in ("default", "description", "examples") if k in schema
    }
    bare = {k: v for k, v in schema.items() if k not in notes}
    each = bare["anyOf"] if bare.keys() == {"anyOf"} else [bare]
    return {"anyOf": [*each, _TEMPLATE], **notes}


def _choice(made: JsonSchemaValue) -> JsonSchemaValue:
    """Choices as values and as the texts that stand for them."""
    values = made.get("enum", [made["const"]] if "const" in made else [])
    values = [value for value in values if value is not None]
    texts = [str(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    listed: JsonSchemaValue = {"enum": list(dict.fromkeys([*values, *texts]))}
    return {"anyOf": [listed, _YES_NO]} if any(isinstance(v, bool) for v in values) else listed


def _in_any_case(word: str) -> str:
    escaped = (f"[{c.lower()}{c.upper()}]" if c.isascii() and c.isalpha() else c for c in word)
    return "".join(c if len(c) > 1 or c.isalnum() or c in "_ " else f"\\{c}" for c in escaped)


def _of_many(made: JsonSchemaValue) -> JsonSchemaValue:
    """A list: a set takes the same twice, and an entry may be a template."""
    made = {key: value for key, value in made.items() if key != "uniqueItems"}
    if isinstance(made.get("items"), dict):
        made["items"] = _or_template(made["items"])
    if "prefixItems" in made:
        made["prefixItems"] = [_or_template(item) for item in made["prefixItems"]]
    return made


def _loose(schema: Any, usual: Callable[[Any], JsonSchemaValue]) -> JsonSchemaValue:
    """What a function of the plugin reads first: its usual shape, or whatever the function takes.

    An author who gives `json_schema_input_type` or pydantic's `WithJsonSchema` has said the shape.
    """
    made = usual(schema)
    return made if "json_schema_input_schema" in schema else {"anyOf": [made, {}]}


def _closed(made: JsonSchemaValue, cls: type[Any] | None) -> JsonSchemaValue:
    """A block: lkrun refuses a key that it does not have, whatever the class would do with it."""
    made.pop("title", None)
    if cls is None or takes_more(cls):
        return made
    return {**made, "additionalProperties": False}
