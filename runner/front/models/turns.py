"""A turn of a dialogue by text."""

from __future__ import annotations

from typing import Any, Final, Self

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from runner.front.models.base import LONGEST_BODY, ReplyBody, RequestBody
from runner.front.models.events import Event

LONGEST_ID: Final = 200
"""Characters of a session id that a client sends."""

BEGINNING_ONLY: Final = ("variables", "metadata", "idle")


class TurnRequest(RequestBody):
    """Something said to an agent; without a session id a dialogue begins."""

    text: str = Field(
        default="",
        max_length=LONGEST_BODY,
        description="What the person says; empty or left out: only the greeting",
    )
    session_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=LONGEST_ID,
        description="The dialogue to go on with",
    )
    variables: dict[str, JsonValue] | None = Field(
        default=None, description="First values of variables; only at the beginning of a dialogue"
    )
    metadata: JsonValue = Field(
        default=None,
        description="What a dispatch would carry; only at the beginning of a dialogue",
    )

    idle: bool | None = Field(
        default=None,
        description="Whether the agent asks who is silent, as `idle` of its files says; "
        "only at the beginning of a dialogue, for a client that hears its events",
    )

    @model_validator(mode="after")
    def _fits_the_moment(self) -> Self:
        if self.session_id is None:
            return self
        for name in BEGINNING_ONLY:
            if getattr(self, name) is not None:
                raise PydanticCustomError(
                    "beginning_only",
                    "'{name}' can only be given when a dialogue begins",
                    {"name": name, "help": f"leave '{name}' out, or leave 'session_id' out"},
                )
        if not self.text.strip():
            raise PydanticCustomError(
                "nothing_said",
                "there is nothing to answer: 'text' is empty",
                {"help": "an empty text is only for the beginning of a dialogue"},
            )
        return self


class Usage(ReplyBody):
    """Tokens that the turn took."""

    input_tokens: int
    output_tokens: int


class TurnReply(ReplyBody):
    """What came of a turn."""

    session_id: str
    text: str
    events: list[Event]
    usage: Usage
    latency_ms: int
    ended: bool
    release: str
    persona: str
    variables: dict[str, Any]
    first_event: int = Field(description="The number in the session of the first of `events`")
    failure: str | None = Field(
        description="Why the model did not answer; told on this machine alone"
    )
