"""The caller's app: what it sees of a call, and what it may do in it."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Final, Self

from pydantic import AfterValidator, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.late_pattern import late
from runner.schema.actions import Actions
from runner.schema.fields import Fields
from runner.schema.types.blocks import Block, any_of, key
from runner.schema.types.mistake import mistake, none_of
from runner.schema.types.names import METHOD, check_method
from runner.schema.types.texts import Stored

BY_HAND: Final = ("start_turn", "end_turn", "cancel_turn")
"""The methods of `detection: manual`."""

ALWAYS_SHOWN: Final = ("lk.agent.name", "persona")
"""Attributes that an app sees without being told to."""


def _offered(text: str) -> str:
    check_method(text, on="key")
    if text in BY_HAND:
        raise mistake(
            "E111",
            f"'{text}' is a method of detection: manual",
            f"choose another name, such as my_{text}",
            on="key",
        )
    return text


OfferedMethod = Annotated[
    str,
    AfterValidator(_offered),
    WithJsonSchema({"pattern": rf"^(?!lk\.){METHOD.pattern}$", "not": {"enum": [*BY_HAND]}}),
]
"""The name of a method that the agent offers."""

_ATTRIBUTE = late(r"[A-Za-z][A-Za-z0-9._-]{0,63}")


def _attribute(text: str) -> str:
    if text in ALWAYS_SHOWN:
        raise mistake("E111", f"'{text}' is always shown", "delete it here", on="key")
    if not _ATTRIBUTE.fullmatch(text) or text.startswith("lk."):
        better = re.sub(r"[^A-Za-z0-9._-]+", "_", text.strip()).strip("_")
        fits = bool(_ATTRIBUTE.fullmatch(better)) and not better.startswith("lk.")
        hint = "use letters, digits, _ and -, beginning with a letter, at most 64 characters"
        message = f"'{text}' cannot be the name of an attribute"
        if text.startswith("lk."):
            message = f"'{text}' belongs to LiveKit, as does all that begins with 'lk.'"
            hint = f"choose another name, such as {text[3:]}" if text[3:] else hint
        raise mistake("E111", message, f"write {better}" if fits else hint, on="key")
    return text


AttributeKey = Annotated[
    str,
    AfterValidator(_attribute),
    WithJsonSchema(
        {"pattern": rf"^(?!lk\.){_ATTRIBUTE.pattern}$", "not": {"enum": [*ALWAYS_SHOWN]}}
    ),
]
"""The name of an attribute of the agent's participant."""


class AppMethod(Block):
    """What the caller's app may ask for."""

    noun: ClassVar[str] = "a method"
    bare: ClassVar[str] = "answer"
    rules: ClassVar[JsonSchemaValue] = any_of("then", "answer")
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("with", "args", "arguments", "payload", "fields"), "write parameters:"),
        **dict.fromkeys(("do", "actions", "steps"), "write then:"),
        **dict.fromkeys(("returns", "result", "return"), "write answer:"),
        **{
            name: f"write then: and below it {name}:"
            for name in ("say", "set", "instructions", "tool", "handoff", "end_call")
        },
        "description": "delete it: no model reads it; a comment behind # is for people",
    }

    parameters: Fields = key("what the app must send, as JSON: name → field", {})
    then: Actions = key(
        "what is done: what stores and runs tools at once, what speaks when nobody else does",
        (),
        names=("args",),
    )
    answer: Stored | None = key(
        'what the method returns, as JSON; {"ok": true} without it', None, names=("args",)
    )

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.then and self.answer is None:
            raise none_of(self.noun, ("then", "answer"))
        return self


class App(Block):
    """The caller's app: a web page or phone app in the room. A call by phone has none."""

    noun: ClassVar[str] = "app"
    rules: ClassVar[JsonSchemaValue] = any_of("shows", "on")
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("methods", "rpc", "topics", "events"), "write on:"),
        **dict.fromkeys(("attributes", "show", "state"), "write shows:"),
        "then": "write on: and below it the name of a method, and then: below that",
    }

    shows: dict[AttributeKey, Stored] = key(
        "attribute of the agent's participant → value, kept up to date; lists as JSON, texts as "
        "they are; always also lk.agent.name and persona",
        {},
    )
    on: dict[OfferedMethod, AppMethod] = key(
        "name → what the app may ask for: a LiveKit RPC method, or data under this topic", {}
    )

    @model_validator(mode="after")
    def _has_something(self) -> Self:
        if not self.shows and not self.on:
            raise none_of(self.noun, ("shows", "on"))
        return self

    off: ClassVar[str] = "delete the line: without it an app sees nothing and may do nothing"
