"""Intents: certain phrases of the caller, acted on before the model is asked."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from runner.diagnostics.nearest import nearest
from runner.schema.actions import ACTION_KEYS, Actions, Say
from runner.schema.types.blocks import Block, OneOrList, any_of, key
from runner.schema.types.mistake import clash, mistake, none_of
from runner.schema.types.names import NAME, check_name
from runner.schema.types.texts import Plain
from runner.schema.types.values import Pattern


def _phrase(text: Plain) -> Plain:
    from runner.patterns import words_of  # noqa: PLC0415 - only folders with an intent pay for it

    if not words_of(text):
        raise mistake(
            "E107",
            f"'{text}' holds no word that a caller could say",
            "write the words, such as speak to a human",
        )
    return text


_WORDS = WithJsonSchema({"type": ["string", "number"], "pattern": r"[^\s!-/:-@\[-`{-~]"})


class Intent(Block):
    """Phrases that lead to an action for certain. One action may stand right in it."""

    noun: ClassVar[str] = "an intent"
    elsewhere: ClassVar[dict[str, str]] = {
        "examples": "write phrases: and one a line, with a dash",
        "phrase": "write phrases:",
        "training_phrases": "write phrases:",
        "utterances": "write phrases:",
        "keywords": "write phrases:",
        "regex": "write pattern:",
        "action": "write the action itself, such as handoff: or say:",
        "response": "write say:",
    }
    rules: ClassVar[JsonSchemaValue] = any_of("phrases", "pattern")

    phrases: Annotated[
        tuple[Annotated[Plain, AfterValidator(_phrase), _WORDS], ...], OneOrList(scalars=True)
    ] = key("what the caller says: whole words in a row, in any case", ())
    pattern: Pattern | None = key(
        "a regular expression, searched anywhere in the sentence, in any case", None
    )
    then: Actions = key("what is done; a single action may stand beside phrases: instead", ())

    @model_validator(mode="before")
    @classmethod
    def _own_action(cls, data: Any) -> Any:
        """Take an action that stands right in the intent for its only one."""
        if not isinstance(data, dict):
            return data
        own = [*cls.keys(), *cls.elsewhere]
        action = {
            name: value
            for name, value in data.items()
            if name in ACTION_KEYS or (name not in own and not nearest(name, cls.keys()))
        }
        first = next((name for name in action if name in ACTION_KEYS), None)
        if "then" in data and first:
            raise clash("then", first, cls.noun)
        if "then" in data or not action:
            return data
        rest = {name: value for name, value in data.items() if name not in action}
        return {**rest, "then": [action]}

    @model_validator(mode="after")
    def _means_and_does(self) -> Self:
        if not self.phrases and self.pattern is None:
            raise none_of(self.noun, ("phrases", "pattern"))
        if not self.then:
            raise none_of(self.noun, ("handoff", "say", "then"))
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        made = super().__get_pydantic_json_schema__(schema, handler)
        shape = handler.resolve_ref_schema(made)
        for name, info in _action_keys().items():
            shape["properties"].setdefault(name, info)
        kinds = sorted({cls.kind for cls in Say.kinds})
        one = {"oneOf": [{"required": [name]} for name in ("then", *kinds)]}
        shape.setdefault("allOf", []).append(one)
        return made


def _action_keys() -> dict[str, JsonSchemaValue]:
    """The keys of actions, for editors: the shapes of their values stand in `then`."""
    return {
        alias: {"description": kind.model_fields[name].description or ""}
        for kind in Say.kinds
        for alias, name in kind.keys().items()
    }


def _name(text: str) -> str:
    check_name(text, Intent.noun)
    return text


IntentKey = Annotated[str, AfterValidator(_name), WithJsonSchema({"pattern": rf"^{NAME.pattern}$"})]

Intents = dict[IntentKey, Intent]
"""Name → intent."""
