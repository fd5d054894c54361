"""Needs: what must be known before a persona goes on."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.actions import Actions
from runner.schema.fields import BOUNDS, Field
from runner.schema.types.blocks import OneOrList, OrNo, key
from runner.schema.types.field_types import TYPES
from runner.schema.types.measures import SomeTime
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
    "day": "date", "birthday": "date_of_birth", "dob": "date_of_birth",
    "birth_date": "date_of_birth",
    "credit_card": "card", "dtmf": "digits", "pin": "digits", "code": "digits",
}  # fmt: skip

CONFIRMED = frozenset({"name", "email", "phone", "address", "card"})
"""Types that are easily misheard: they are confirmed without a word."""

_BOUNDS = (*BOUNDS, "pattern", "choices", "choices_from", "of", "fields")
"""Keys that go with other types than those that only needs have."""

PRESSABLE = frozenset({"digits", "text", "integer", "card"})
"""Types that may be pressed on the keys of a telephone."""

_PRESSED = ("keypad", "end_key", "wait")
"""Keys that go with these."""

_YES = {"enum": [True, *sorted(YES)]}

EndKey = Annotated[
    Annotated[str, one_of("#", "*", meant={"hash": "#", "pound": "#", "star": "*"})]
    | Literal[False],
    OrNo(),
]


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
        "dtmf": "write keypad: also, only or no",
        "finish_key": "write end_key:",
        "terminator": "write end_key:",
        "timeout": "write wait: for the time between two keys; silence is asked about by idle:",
        "digits": "write length: and how many",
        "num_digits": "write length: and how many",
        "max_digits": "write length: and how many, or max:",
    }

    @classmethod
    def all_rules(cls) -> list[JsonSchemaValue]:
        """Those of a field, and that a need is never private."""
        private = {"required": ["private"], "properties": {"private": _YES}}
        only = {"required": ["keypad"], "properties": {"keypad": {"const": "only"}}}
        others = {"type": {"enum": sorted(set(NEED_TYPES) - {*TYPES, "digits"})}}
        odd = [{"required": ["type", name], "properties": others} for name in _BOUNDS]
        spoken = {"type": {"enum": sorted(set(NEED_TYPES) - PRESSABLE)}}
        odd += [{"required": ["type", name], "properties": spoken} for name in _PRESSED]
        nameless = {"type": {"enum": sorted(set(NEED_TYPES) - {"name"})}}
        odd += [{"required": ["type", name], "properties": nameless} for name in ("parts", "spell")]
        return [
            *super().all_rules(),
            {"if": private, "then": only},
            *({"not": each} for each in odd),
        ]

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
    keypad: Annotated[
        str | None, one_of("also", "only", "no", meant={"yes": "also", "true": "also"})
    ] = key(
        "for digits, text, integer and card: whether it may be pressed on the keys of a telephone;"
        " also for digits, else no; with only, no model hears it",
        None,
    )
    end_key: EndKey = key("the key that ends what is pressed; no: none does", "#")
    wait: SomeTime = key("what is pressed has ended when no key follows for so long", 4.0)
    parts: Annotated[
        tuple[Annotated[str, one_of("first", "middle", "last")], ...] | None,
        OneOrList(scalars=True),
    ] = key("for name: the parts that it must have, of first, middle and last", None)
    spell: YesNo = key(
        "for name: the caller is asked to spell it, and it is read back letter by letter", False
    )

    @model_validator(mode="after")
    def _goes_with_its_type(self) -> Self:
        for name in (*_PRESSED, "parts", "spell"):
            wanted = ("name",) if name in ("parts", "spell") else tuple(sorted(PRESSABLE))
            if name in self.model_fields_set and self.type not in wanted:
                raise mistake(
                    "E112",
                    f"'{name}' goes with type: {' or '.join(wanted)}, and this is {self.type}",
                    "delete it" if self.type in NEED_TYPES[1:] else f"write type: {wanted[0]}",
                    at=(name,),
                    on="key",
                )
        if not self.by_keys and (odd := self.model_fields_set & {"end_key", "wait"}):
            raise mistake(
                "E112",
                f"'{min(odd)}' is about keys, and this is only spoken",
                "write keypad: also beside it",
                at=(min(odd),),
                on="key",
            )
        return self

    @model_validator(mode="after")
    def _is_heard_by_nobody(self) -> Self:
        if not self.private:
            return self
        if self.keypad != "only":
            fits = self.type in PRESSABLE
            raise mistake(
                "E112",
                "a private need must never be spoken",
                "write keypad: only beside it: it is pressed, and no model hears it"
                if fits
                else "write type: digits and keypad: only beside it, or delete private:",
                at=("private",),
                on="key",
            )
        if self.confirm:
            raise mistake(
                "E112",
                "what is private is never read back, so nobody can confirm it",
                "delete confirm:",
                at=("confirm",),
                on="key",
            )
        return self

    @property
    def confirmed(self) -> bool:
        """Whether the caller is asked whether it is right."""
        if self.private:
            return False
        return bool(self.confirm) if self.confirm is not None else self.type in CONFIRMED

    @property
    def by_keys(self) -> bool:
        """Whether it may be pressed on the keys of a telephone."""
        return (self.keypad or ("also" if self.type == "digits" else "no")) != "no"

    @property
    def by_voice(self) -> bool:
        """Whether it may be said: then it comes through the model."""
        return self.keypad != "only"

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
