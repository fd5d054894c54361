"""The options of `llm: script`: the rules, and what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lkrun_script.names import unknown_names
from lkrun_script.rules import Rule, Words
from lkrun_script.slots import SlotValues

if TYPE_CHECKING:
    from collections.abc import Iterator


class Options(BaseModel):
    """The options of `llm: script`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"rules": [{"when_caller_says": "hello", "say": "Hello. How are you?"}]}]
        },
    )

    rules: list[Rule] = Field(description="The first rule that fits is used")
    slots: dict[str, SlotValues] = Field(
        {}, description="Values that callers name: a list, or each with its spellings, or number"
    )
    otherwise: Words = Field(
        ("Sorry, I did not understand that.",), description="Said when no rule fits"
    )
    delay: float = Field(0.0, ge=0, le=10, description="A pause before each word, such as 30ms")

    def tool_names(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The tools that rules name, each with its place (`runner.plugin.NamesTools`)."""
        for index, rule in enumerate(self.rules):
            for place, name in rule.tool_names():
                yield ("rules", index, *place), name

    @model_validator(mode="after")
    def _names_are_known(self) -> Options:
        errors = list(unknown_names(self.rules, self.slots, self.otherwise))
        if errors:
            raise ValidationError.from_exception_data("Options", errors)
        return self
