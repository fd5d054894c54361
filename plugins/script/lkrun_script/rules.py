"""What may be written under `with`, and everything that can be wrong with it before any call."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from lkrun_script.words import SLOT, near

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ANY = ("*",)
"""A trigger that fits whatever there is: written `yes`."""

_YES = frozenset({"yes", "true", "on"})
_TEXT_OR_LIST = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


def _one_or_list(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and not value:
        raise ValueError("an empty list")
    return value


def _or_any(value: Any) -> Any:
    if value is True or (isinstance(value, str) and value.strip().lower() in _YES):
        return ANY
    return _one_or_list(value)


Text = Annotated[str, Field(min_length=1)]
Words = Annotated[tuple[Text, ...], BeforeValidator(_one_or_list), WithJsonSchema(_TEXT_OR_LIST)]
WordsOrAny = Annotated[tuple[Text, ...], BeforeValidator(_or_any), WithJsonSchema(_TEXT_OR_LIST)]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that a rule calls, and its arguments as written."""

    tool: str
    arguments: dict[str, Any]


def _calls(value: Any) -> tuple[Call, ...]:
    if isinstance(value, str):
        return (Call(value, {}),)
    if isinstance(value, list):
        return tuple(call for item in value for call in _calls(item))
    if not isinstance(value, dict):
        raise ValueError("a tool is called by its name, with its arguments below")  # noqa: TRY004 - pydantic reads ValueError
    for tool, arguments in value.items():
        if arguments not in (None, "") and not isinstance(arguments, dict):
            error = ValueError(f"the arguments of '{tool}' are not a block of keys")
            error.add_note("write each as  name: value  on a line of its own")
            raise error
    return tuple(Call(tool, arguments or {}) for tool, arguments in value.items())


Calls = Annotated[Any, BeforeValidator(_calls), WithJsonSchema({})]

TRIGGERS = (
    "when_caller_says",
    "when_caller_matches",
    "when_tool_answered",
    "when_tool_failed",
    "when_instructed",
    "when_call_starts",
)


class Rule(BaseModel):
    """One rule: when it fits, it says and calls what it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when_caller_says: Words | None = Field(None, description="Words in a row, in any case")
    when_caller_matches: str | None = Field(None, description="A regular expression")
    when_tool_answered: WordsOrAny | None = Field(None, description="A tool has answered")
    when_tool_failed: WordsOrAny | None = Field(None, description="A tool has failed")
    when_instructed: WordsOrAny | None = Field(None, description="Words of instructions")
    when_call_starts: bool = Field(False, description="Nobody has said anything yet")
    if_tool_offered: Words | None = Field(None, description="Only where all of these are offered")
    if_instructions_say: Words | None = Field(None, description="Only in personas told so")
    say: Words | None = Field(None, description="Said; of a list, the next each time")
    call: Calls = Field((), description="Tools to call, with their arguments")
    fail: str | None = Field(None, description="The model breaks down with these words")
    _pattern: re.Pattern[str] | None = PrivateAttr(None)

    @property
    def pattern(self) -> re.Pattern[str] | None:
        """The compiled regular expression of `when_caller_matches`."""
        return self._pattern

    @property
    def after_tool(self) -> bool:
        """Whether it answers a tool."""
        return self.when_tool_answered is not None or self.when_tool_failed is not None

    @field_validator("when_caller_matches")
    @classmethod
    def _can_be_compiled(cls, text: str | None) -> str | None:
        if text is not None:
            try:
                re.compile(text)
            except (re.error, OverflowError, RecursionError) as error:
                raise ValueError(f"not a regular expression: {error}") from error
        return text

    @model_validator(mode="after")
    def _is_whole(self) -> Rule:
        given = [name for name in TRIGGERS if getattr(self, name)]
        if len(given) != 1:
            says = " and ".join(f"'{name}'" for name in given) if given else "none"
            error = ValueError(f"a rule needs exactly one 'when_…', here: {says}")
            error.add_note(f"write one of {', '.join(TRIGGERS)}")
            raise error
        if not (self.say or self.call or self.fail):
            raise ValueError("a rule needs 'say', 'call' or 'fail'")
        if self.when_caller_matches is not None:
            self._pattern = re.compile(self.when_caller_matches, re.IGNORECASE)
        return self


class Options(BaseModel):
    """The options of `llm: script`."""

    model_config = ConfigDict(extra="forbid")

    rules: list[Rule] = Field(description="The first rule that fits is used")
    otherwise: Words = Field(
        ("Sorry, I did not understand that.",), description="Said when no rule fits"
    )
    delay: float = Field(0.0, ge=0, le=10, description="A pause before each word, such as 30ms")

    @model_validator(mode="after")
    def _slots_are_known(self) -> Options:
        groups = {name for rule in self.rules if rule.pattern for name in rule.pattern.groupindex}
        tools = {tool for rule in self.rules for tool in _tools(rule)}
        errors: list[InitErrorDetails] = []
        for index, rule in enumerate(self.rules):
            if not rule.after_tool:
                for location, name in _slots(rule):
                    errors.extend(_unknown(("rules", index, *location), name, groups, tools))
        for location, name in _in_words("otherwise", self.otherwise):
            errors.extend(_unknown(location, name, groups, tools))
        if errors:
            raise ValidationError.from_exception_data("Options", errors)
        return self


def _tools(rule: Rule) -> Iterator[str]:
    yield from (call.tool for call in rule.call)
    yield from (rule.when_tool_answered or ())
    yield from (rule.when_tool_failed or ())


def _slots(rule: Rule) -> Iterator[tuple[tuple[str | int, ...], str]]:
    yield from _in_words("say", rule.say or ())
    for call in rule.call:
        for path, name in _in_value(call.arguments):
            yield ("call", call.tool, *path), name


def _in_words(key: str, words: Iterable[str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for index, text in enumerate(words):
        for found in SLOT.finditer(text):
            yield (key, index), found[1]


def _in_value(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        for found in SLOT.finditer(value):
            yield (), found[1]
    pairs: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, item in pairs:
        for path, name in _in_value(item):
            yield (key, *path), name


def _unknown(
    location: tuple[str | int, ...], name: str, groups: set[str], tools: set[str]
) -> Iterator[InitErrorDetails]:
    first, _, rest = name.partition(".")
    known = tools if rest else groups | {"said"}
    if first in known:
        return
    what = "tool" if rest else "named group"
    close = near(first, known)
    hint = f"did you mean '{close}'?" if close else _HOW[bool(rest)]
    error = PydanticCustomError(
        "unknown_slot",
        "no rule has a {what} '{first}'",
        {"what": what, "first": first, "help": hint},
    )
    yield InitErrorDetails(type=error, loc=location, input=name)


_HOW = {
    False: "in braces stands a group (?P<name>…) of a when_caller_matches, or said",
    True: "in braces stands a tool of these rules and a field of its answer",
}
