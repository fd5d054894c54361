"""What may be written under `with`, and everything that can be wrong with it before any call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from lkrun_script.mentions import Mention
from lkrun_script.patterns import pattern
from runner.plugin import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ANY = ("*",)
"""A trigger that fits whatever there is: written `yes`."""

_YES = frozenset({"yes", "true", "on"})
_TEXT = {"type": ["string", "number", "boolean"]}
_TEXT_OR_LIST = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}


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
    """A tool that a rule calls, its arguments as written, and where below `call` it stands."""

    tool: str
    arguments: dict[str, Any]
    place: tuple[str | int, ...] = ()


def _calls(value: Any) -> tuple[Call, ...]:
    return _calls_at((), value)


def _calls_at(place: tuple[int, ...], value: Any) -> tuple[Call, ...]:
    if isinstance(value, str):
        return (Call(value, {}, place),)
    if isinstance(value, list):
        return tuple(
            call for index, item in enumerate(value) for call in _calls_at((*place, index), item)
        )
    if not isinstance(value, dict):
        raise ValueError("a tool is called by its name, with its arguments below")  # noqa: TRY004 - pydantic reads ValueError
    for tool, arguments in value.items():
        if arguments not in (None, "") and not isinstance(arguments, dict):
            error = ValueError(f"the arguments of '{tool}' are not a block of keys")
            error.add_note("write each as  name: value  on a line of its own")
            raise error
    return tuple(Call(tool, arguments or {}, (*place, tool)) for tool, arguments in value.items())


Calls = Annotated[Any, BeforeValidator(_calls), WithJsonSchema({})]

TRIGGERS = (
    "when_caller_says",
    "when_caller_mentions",
    "when_caller_matches",
    "when_caller_names",
    "when_tool_answered",
    "when_tool_failed",
    "when_instructed",
    "when_call_starts",
)

MENTIONS = ("when_caller_mentions", "if_caller_mentions", "unless_caller_mentions")
"""Keys that hold words in any order."""


class Rule(BaseModel):
    """One rule: when it fits, it says and calls what it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when_caller_says: Words | None = Field(None, description="Whole words in a row, in any case")
    when_caller_mentions: Words | None = Field(
        None, description="Words in any order, near spellings too; a/b is one of them, book* begins"
    )
    when_caller_matches: Words | None = Field(None, description="A regular expression")
    when_caller_names: Words | None = Field(
        None, description="Slots of each of which a value is named"
    )
    when_tool_answered: WordsOrAny | None = Field(None, description="A tool has answered; or yes")
    when_tool_failed: WordsOrAny | None = Field(None, description="A tool has failed; or yes")
    when_instructed: WordsOrAny | None = Field(None, description="Words of instructions; or yes")
    when_call_starts: bool = Field(False, description="Nobody has said anything yet")
    if_agent_said: Words | None = Field(
        None, description="Only where the agent said these words just before: its question"
    )
    if_caller_mentions: Words | None = Field(
        None, description="Only where the last words mention it"
    )
    unless_caller_mentions: Words | None = Field(
        None, description="Not where the caller's last words mention it"
    )
    if_caller_names: Words | None = Field(
        None, description="Only where the last words name a value of each"
    )
    if_known: Words | None = Field(None, description="Only where each was named in this talk")
    if_not_known: Words | None = Field(None, description="Only where none was named in this talk")
    if_answer_says: Words | None = Field(
        None, description="Only where the tool has answered these words"
    )
    if_tool_offered: Words | None = Field(
        None, description="Only where the persona has these tools now"
    )
    if_instructions_say: Words | None = Field(
        None, description="Only where the persona is told these words"
    )
    say: Words | None = Field(None, description="Said; of a list, the next each time")
    call: Calls = Field((), description="Tools to call, with their arguments")
    for_each: str | None = Field(
        None, description="A slot: `call` is done for each of its values that the caller named"
    )
    fail: str | None = Field(None, description="The model breaks down with these words")
    together: bool = Field(
        False, description="All rules that fit and have this are used, one after the other"
    )
    _patterns: tuple[Pattern, ...] = PrivateAttr(())
    _mentions: dict[str, tuple[Mention, ...]] = PrivateAttr({})

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """The regular expressions of `when_caller_matches`."""
        return self._patterns

    @property
    def mentions(self) -> Mapping[str, tuple[Mention, ...]]:
        """Each key of `MENTIONS` that the rule has → what it holds."""
        return self._mentions

    @property
    def after_tool(self) -> bool:
        """Whether it answers a tool."""
        return self.when_tool_answered is not None or self.when_tool_failed is not None

    def tool_names(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The tools that it names, each with its place."""
        for call in self.call:
            yield ("call", *call.place), call.tool
        for key in ("when_tool_answered", "when_tool_failed", "if_tool_offered"):
            names = getattr(self, key) or ()
            for index, name in enumerate(names if names != ANY else ()):
                yield (key, index), name

    @field_validator("when_caller_matches")
    @classmethod
    def _can_be_compiled(cls, patterns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for text in patterns or ():
            pattern(text)
        return patterns

    @field_validator(*MENTIONS)
    @classmethod
    def _has_words(cls, phrases: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for phrase in phrases or ():
            Mention.read(phrase)
        return phrases

    @model_validator(mode="after")
    def _is_whole(self) -> Rule:
        triggers = [name for name in TRIGGERS if getattr(self, name)]
        if len(triggers) != 1:
            listed = " and ".join(f"'{name}'" for name in triggers) if triggers else "none"
            error = ValueError(f"a rule needs exactly one 'when_…', here: {listed}")
            error.add_note(f"write one of {', '.join(TRIGGERS)}")
            raise error
        if not (self.say or self.call or self.fail):
            raise ValueError("a rule needs 'say', 'call' or 'fail'")
        if self.if_answer_says is not None and not self.after_tool:
            error = ValueError(
                "'if_answer_says' is about a tool's answer, and no tool has answered"
            )
            error.add_note("write it beside when_tool_answered")
            raise error
        if self.for_each is not None and not self.call:
            raise ValueError("'for_each' repeats 'call', and there is none here")
        self._patterns = tuple(map(pattern, self.when_caller_matches or ()))
        self._mentions = {
            key: tuple(map(Mention.read, phrases))
            for key in MENTIONS
            if (phrases := getattr(self, key)) is not None
        }
        return self
