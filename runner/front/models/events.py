"""The lines of `lkrun chat --format json`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from runner.front.models.base import ReplyBody


def _unknown(value: Any) -> bool:
    """Whether it is left out, as in `lkrun chat --format json`."""
    return value is None


class MessageEvent(ReplyBody):
    """Something said."""

    turn: int
    type: Literal["message"]
    role: Literal["agent", "user"]
    persona: str | None = None
    text: str
    confidence: float | None = Field(
        default=None, exclude_if=_unknown, description="Of speech: how sure, 0 to 1"
    )
    start: float | None = Field(
        default=None, exclude_if=_unknown, description="Seconds of the call's sound"
    )
    end: float | None = Field(default=None, exclude_if=_unknown)
    speaker: str | None = Field(
        default=None, exclude_if=_unknown, description="Who, where several are told apart"
    )


class ToolCallEvent(ReplyBody):
    """The model asks for a tool."""

    turn: int
    type: Literal["tool_call"]
    name: str
    arguments: Any
    call_id: str


class ToolResultEvent(ReplyBody):
    """What the model sees of a tool's answer."""

    turn: int
    type: Literal["tool_result"]
    name: str
    call_id: str
    output: Any
    error: bool


class HandoffEvent(ReplyBody):
    """One persona hands over to another."""

    turn: int
    type: Literal["handoff"]
    from_: str | None = Field(default=None, alias="from")
    to: str


class IntentEvent(ReplyBody):
    """The caller's words were a certain phrase: the model is not asked."""

    turn: int
    type: Literal["intent"]
    persona: str | None = None
    name: str


class KeypadEvent(ReplyBody):
    """Keys of a telephone were pressed; null: they are private."""

    turn: int
    type: Literal["keypad"]
    role: Literal["user", "agent"]
    persona: str | None = None
    keys: str | None


class AppEvent(ReplyBody):
    """A method is called in the caller's app, or by it (`user`)."""

    turn: int
    type: Literal["app"]
    role: Literal["user", "agent"]
    persona: str | None = None
    name: str
    arguments: Any = None


class EventEvent(ReplyBody):
    """Something has happened elsewhere, and the agent has something to do for it."""

    turn: int
    type: Literal["event"]
    persona: str | None = None
    name: str
    arguments: Any = None


class LanguageEvent(ReplyBody):
    """The dialogue goes on in another language."""

    turn: int
    type: Literal["language"]
    persona: str | None = None
    from_: str | None = Field(default=None, alias="from")
    to: str


class SoundEvent(ReplyBody):
    """A sound is played; by text it is only told."""

    turn: int
    type: Literal["sound"]
    persona: str | None = None
    name: str


class OptOutEvent(ReplyBody):
    """The caller's number is never to be called; null: the call has none."""

    turn: int
    type: Literal["opt_out"]
    persona: str | None = None
    number: str | None


class DialEvent(ReplyBody):
    """The agent has called somebody; `telephone` false: there is none here, it was pretended."""

    turn: int
    type: Literal["dial"]
    persona: str | None = None
    to: str | None
    outcome: str
    answered_by: Literal["person", "mailbox", "menu", "full", "unsure", "nobody"]
    telephone: bool


class TransferEvent(ReplyBody):
    """The caller is put through to a person on the telephone."""

    turn: int
    type: Literal["transfer"]
    persona: str | None = None
    to: str
    how: Literal["cold", "warm"]
    state: Literal["calling", "done", "failed", "shown"] = Field(
        description="shown: there is no telephone here, and it goes on as if somebody had answered"
    )
    reason: str | None = Field(default=None, description="Why it failed, such as busy")


class EndEvent(ReplyBody):
    """The dialogue is over."""

    turn: int
    type: Literal["end"]
    reason: str | None = None


Event = Annotated[
    MessageEvent
    | ToolCallEvent
    | ToolResultEvent
    | HandoffEvent
    | IntentEvent
    | KeypadEvent
    | AppEvent
    | EventEvent
    | LanguageEvent
    | SoundEvent
    | OptOutEvent
    | DialEvent
    | TransferEvent
    | EndEvent,
    Field(discriminator="type"),
]
"""A line of `lkrun chat --format json`."""
