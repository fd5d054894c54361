"""Fields: one syntax for parameters, variables and the records of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Tag,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue

from runner.schema.types.blocks import Block, OneOrList, key, together
from runner.schema.types.field_types import FOREIGN, READERS, SIMPLE_TYPES, TYPES, fits
from runner.schema.types.meant import advice
from runner.schema.types.mistake import clash, mistake
from runner.schema.types.names import FieldKey, VariableName
from runner.schema.types.texts import Bound, Plain, Stored, Told
from runner.schema.types.values import Pattern, YesNo, one_of
from runner.template import analyse, as_text, has_template

BOUNDS = ("min", "max", "length")
_NUMBERED = frozenset({"number", "integer", "phone", "card"})
"""Types that people write where they mean digits."""

MEASURED = frozenset({"number", "integer", "date", "time", "datetime", "text", "digits"})
"""Types whose values can be held between `min` and `max`."""

FieldType = Annotated[str, one_of(*TYPES, meant=FOREIGN)]


def _typed(
    wanted: tuple[str, ...], then: JsonSchemaValue, otherwise: JsonSchemaValue
) -> JsonSchemaValue:
    """The rule for fields of some types; a field without a type is a text, a templated one any."""
    known = {"properties": {"type": {"enum": list(TYPES)}}}
    these: JsonSchemaValue = {"properties": {"type": {"enum": list(wanted)}}}
    if "text" not in wanted:
        these["required"] = ["type"]
    return {"if": known, "then": {"if": these, "then": then, "else": otherwise}}


class Field(Block):
    """What a parameter, a variable or a field of a record may hold."""

    noun: ClassVar[str] = "a field"
    bare: ClassVar[str] = "type"
    counted: ClassVar[tuple[str, ...]] = ("text",)
    """Types of which characters are counted."""
    elsewhere: ClassVar[dict[str, str]] = {
        "required": "a field is required by itself; write optional: yes where it may be missing",
        "enum": "write type: choice and choices:",
        "items": "write of: with the type of the entries",
        "properties": "write fields:",
    }

    @classmethod
    def all_rules(cls) -> list[JsonSchemaValue]:
        """Which keys go with which type."""
        choice = {"oneOf": [{"required": ["choices"]}, {"required": ["choices_from"]}]}
        no_choice = {"allOf": [together("choices"), together("choices_from")]}
        return [
            _typed(("choice",), choice, no_choice),
            _typed(("list",), {}, together("of")),
            _typed(("object",), {"required": ["fields"]}, together("fields")),
            _typed(("text",), {}, together("pattern")),
            _typed(tuple(sorted(MEASURED)), {}, {"allOf": [together("min"), together("max")]}),
            _typed(("text",), {}, together("length")),
        ]

    type: FieldType = key("what it holds", "text")
    description: Told | None = key("told to the model", None)
    optional: YesNo = key("whether it may be missing", False)
    default: Stored | None = key("the value used without one; a template may stand here", None)
    choices: Annotated[tuple[Plain, ...] | None, OneOrList(scalars=True)] = key(
        "for choice: the texts to choose from", None
    )
    choices_from: VariableName | None = key("for choice: a variable that holds such a list", None)
    min: Bound | None = key(
        "least number, earliest date, or fewest characters; of a parameter also a {{ variable }}",
        None,
    )
    max: Bound | None = key(
        "greatest number, latest date, or most characters; of a parameter also a {{ variable }}",
        None,
    )
    length: Bound | None = key(
        "for text, and digits of a need: how many characters it has; of a parameter also a "
        "{{ variable }}",
        None,
    )
    pattern: Pattern | None = key("for text: a regular expression that all of it must match", None)
    of: (
        Annotated[
            Annotated[str, one_of(*SIMPLE_TYPES, meant=FOREIGN), Tag("<type>")]
            | Annotated[dict[FieldKey, Field], Tag("<fields>")],
            Discriminator(lambda of: "<type>" if isinstance(of, str) else "<fields>"),
        ]
        | None
    ) = key("for list: the type of its entries, or the fields of a record", None)
    fields: dict[FieldKey, Field] | None = key("for object: its fields", None)
    private: YesNo = key("yes: never seen by the model, masked in records", False)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        problems = (
            self._choices_problem(),
            _only(self.type, "list", "of", self.of),
            _only(self.type, "object", "fields", self.fields),
            _only(self.type, "text", "pattern", self.pattern),
            self._length_problem(),
            self._bounds_problem(),
            self._default_problem(),
        )
        for problem in problems:
            if problem:
                raise problem
        return self

    def _length_problem(self) -> Exception | None:
        if self.length is None or self.type in self.counted:
            return None
        return mistake(
            "E112",
            f"'length' goes with type: {' or '.join(self.counted)}, and this is {_a(self.type)}",
            _counted_hint(self.type, self.counted),
            at=("length",),
            on="key",
        )

    def _choices_problem(self) -> Exception | None:
        given = [n for n in ("choices", "choices_from") if getattr(self, n) is not None]
        if self.type != "choice" and given:
            return mistake(
                "E112",
                f"'{given[0]}' goes with type: choice, and this is {_a(self.type)}",
                "write type: choice",
                at=(given[0],),
                on="key",
            )
        if self.type != "choice" or len(given) == 1:
            return None
        if given:
            return clash("choices", "choices_from", "a choice")
        return mistake(
            "E103",
            "a choice needs its 'choices'",
            "add choices: and the texts to choose from, one a line with a dash",
        )

    def _bounds_problem(self) -> Exception | None:
        for name in BOUNDS:
            bound = getattr(self, name)
            if bound is not None and (problem := self._bound_problem(name, bound)):
                return problem
        if self.length is not None and (self.min is not None or self.max is not None):
            other = "min" if self.min is not None else "max"
            return mistake(
                "E112",
                f"'{other}' does not go with 'length', which says it all",
                f"delete '{other}'",
                at=(other,),
                on="key",
            )
        return None if self.open_bounds else self._order_problem()

    def _bound_problem(self, name: str, bound: str) -> Exception | None:
        if self.type not in MEASURED:
            return mistake(
                "E112",
                f"'{name}' does not go with type: {self.type}",
                "delete it",
                at=(name,),
                on="key",
            )
        if has_template(bound):
            if analyse(bound).single:
                return None
            hint = f"write {name}: and one variable in braces, or a plain value"
            return mistake("E117", f"'{bound}' is more than one value", hint, at=(name,))
        if fits(self.measure, bound):
            return None
        message = f"'{bound}' is not {READERS[self.measure][1]}"
        return mistake("E117", message, advice(self.measure, bound), at=(name,))

    def _order_problem(self) -> Exception | None:
        if self.min is None or self.max is None:
            return None
        try:
            swapped = self.bound("min") > self.bound("max")
        except TypeError:
            return mistake(
                "E117",
                "of min and max one has a time zone and the other has none",
                "write both with one, such as 14:30+07:00, or both without",
                at=("max",),
            )
        if not swapped:
            return None
        message = f"min {self.min} is more than max {self.max}"
        return mistake("E109", message, "swap the two", at=("min",))

    def _default_problem(self) -> Exception | None:
        text = self.default
        if text is None or "{{" in text or "{%" in text:
            return None
        if self.type in ("list", "object"):
            return mistake(
                "E117",
                f"a plain text cannot be the value of a {self.type}",
                "delete it, or write one {{ name }} that holds one",
                at=("default",),
            )
        if not fits(self.type, text):
            return mistake(
                "E117",
                f"'{text}' is not {READERS[self.type][1]}",
                advice(self.type, text),
                at=("default",),
            )
        if self.choices is not None and str(text) not in map(str, self.choices):
            return mistake(
                "E117",
                f"'{text}' is not one of the choices",
                f"write one of: {', '.join(self.choices)}",
                at=("default",),
            )
        return None

    @property
    def remembered(self) -> bool:
        """Whether the model may store it, where it is a variable of an agent."""
        return self.description is not None and not self.private

    @property
    def measure(self) -> str:
        """The type of its bounds."""
        return "integer" if self.type in ("text", "digits") else self.type

    @property
    def open_bounds(self) -> dict[str, str]:
        """Its bounds that are known in a call only: name → template."""
        given = {name: getattr(self, name) for name in BOUNDS}
        return {name: text for name, text in given.items() if text and has_template(text)}

    def bound(self, name: str) -> Any:
        """A bound as a value that can be compared with others of this field."""
        text = getattr(self, name)
        return None if text is None else READERS[self.measure][0](text.strip())

    def bounded(self, values: Mapping[str, Any]) -> Field:
        """The same field with its bounds of a call.

        Args:
            values: name of a bound → what its template gives now.

        Raises:
            ValueError: with the name of one that gives nothing that bounds this field.
        """
        known = {name: Bound(as_text(value, wire=True)) for name, value in values.items()}
        for name, text in known.items():
            if not fits(self.measure, text):
                raise ValueError(name)
        return self.model_copy(update=known)


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _counted_hint(kind: str, counted: tuple[str, ...]) -> str:
    """What to write where `length` stands with a type that has none."""
    if "digits" not in counted:
        return "write type: text, or delete 'length'"
    if kind in _NUMBERED:
        return "write type: digits for a code of so many digits, or delete 'length'"
    return "delete 'length'; a code of so many digits has type: digits, a word type: text"


def _only(kind: str, wanted: str, name: str, value: object) -> Exception | None:
    if value is None:
        needed = kind == wanted and name == "fields"
        return (
            mistake(
                "E103",
                "an object needs its 'fields'",
                "add fields: and the name of each field on a line of its own",
            )
            if needed
            else None
        )
    if kind == wanted:
        return None
    hint = {"list": "write of: instead", "object": "write fields: instead"}.get(kind)
    return mistake(
        "E112",
        f"'{name}' goes with type: {wanted}, and this is {_a(kind)}",
        hint if hint and name in ("of", "fields") else f"write type: {wanted}, or delete '{name}'",
        at=(name,),
        on="key",
    )


def _no_json_schema(value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("properties"), dict) and "type" in value:
        raise mistake(
            "E101",
            "'properties' is JSON Schema, where lkrun has the names of fields",
            "write each name right here, without type:, properties: and required:",
            at=("properties",),
            on="key",
        )
    return value


Fields = Annotated[dict[FieldKey, Field], BeforeValidator(_no_json_schema)]
