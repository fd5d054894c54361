"""Needs: what must be known before a persona goes on."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.actions import Actions
from runner.schema.fields import BOUNDS, TYPES, Field
from runner.schema.types.blocks import OrNo, key
from runner.schema.types.mistake import mistake
from runner.schema.types.names import FieldKey
from runner.schema.types.values import YES, YesNo, one_of, whole
from runner.schema.types.words import Words

FILL_IN, ASK_AGAIN_FOR = NEED_TOOLS = ("fill_in", "ask_again_for")
"""Tools that the model has by itself while the caller is asked; no tool may take their names."""

NEED_TYPES = (*TYPES, "name", "address", "date_of_birth", "card", "digits")

_MEANT = {
    "bool": "yes_no", "boolean": "yes_no", "int": "integer", "float": "number", "string": "text",
    "str": "text", "array": "list", "enum": "choice", "telephone": "phone", "mail": "email",
    "full_name": "name", "first_name": "name", "last_name": "name", "person": "name",
    "birthday": "date_of_birth", "dob": "date_of_birth", "birth_date": "date_of_birth",
    "credit_card": "card", "dtmf": "digits", "pin": "digits", "code": "digits",
}  # fmt: skip

CONFIRMED = frozenset({"name", "email", "phone", "address", "card"})
"""Types that are easily misheard: they are confirmed without a word."""

_BOUNDS = (*BOUNDS, "pattern", "choices", "choices_from", "of", "fields")
"""Keys that go with other types than those that only needs have."""

_YES = {"enum": [True, *YES]}


class Need(Field):
    """What a persona must know: the caller is asked for it until it is known."""

    noun: ClassVar[str] = "a need"
    bare: ClassVar[str] = "ask"
    counted: ClassVar[tuple[str, ...]] = ("text", "digits")
    elsewhere: ClassVar[dict[str, str]] = {
        **Field.elsewhere,
        "question": "write ask:",
        "prompt": "write ask:",
        "say": "write ask:",
        "attempts": "write tries:",
        "retries": "write tries:",
        "max_tries": "write tries:",
    }

    @classmethod
    def all_rules(cls) -> list[JsonSchemaValue]:
        """Those of a field, and that a need is never private."""
        private = {"required": ["private"], "properties": {"private": _YES}}
        others = {"type": {"enum": sorted(set(NEED_TYPES) - {*TYPES, "digits"})}}
        odd = [{"required": ["type", name], "properties": others} for name in _BOUNDS]
        return [*super().all_rules(), {"not": private}, *({"not": each} for each in odd)]

    type: Annotated[str, one_of(*NEED_TYPES, meant=_MEANT)] = key("what it holds", "text")
    ask: Words | None = key(
        "the question, spoken exactly; without it the model asks, by the description", None
    )
    confirm: Annotated[Words | Literal[False] | None, OrNo(yes=True)] = key(
        "whether the caller is asked whether it is right; or the question for that, spoken "
        "exactly; yes for name, email, phone, address and card",
        None,
    )
    tries: Annotated[int, whole(1, 20)] = key("how often it is asked, in all", 3)
    then: Actions = key("done as soon as it is known", ())
    on_failure: Actions = key("done when it was asked so often; without it the talk goes on", ())
    final: YesNo = key("yes: the caller cannot go back to it", False)

    @model_validator(mode="after")
    def _is_spoken(self) -> Self:
        if self.private:
            raise mistake(
                "E112",
                "a private need must never be spoken",
                "delete private:",
                at=("private",),
                on="key",
            )
        return self

    @property
    def confirmed(self) -> bool:
        """Whether the caller is asked whether it is right."""
        return bool(self.confirm) if self.confirm is not None else self.type in CONFIRMED

    @property
    def question(self) -> Words | None:
        """The question of its author whether it is right."""
        return self.confirm if isinstance(self.confirm, tuple) else None

    @property
    def asked_at_most(self) -> int:
        """How often it is asked: once where it may stay empty."""
        return 1 if self.optional else self.tries


def _free(text: str) -> str:
    if text == "confirmed":
        raise mistake(
            "E204",
            "'confirmed' is what the model says of an answer, so no need can be called so",
            "choose another name, such as is_confirmed",
            on="key",
        )
    return text


Needs = dict[Annotated[FieldKey, AfterValidator(_free)], Need]
"""Name → need, in the order in which they are asked for."""
