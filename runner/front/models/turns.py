"""A turn of a dialogue by text."""

from __future__ import annotations

import re
from typing import Any, Final, Self

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from runner.front.models.base import LONGEST_BODY, ReplyBody, RequestBody
from runner.front.models.events import Event

LONGEST_ID: Final = 200
"""Characters of a session id that a client sends."""

LONGEST_KEYS: Final = 64
"""Keys of a telephone that are pressed in one turn."""

LONGEST_METHOD: Final = 64
"""Characters of the name of a method of the app."""

BEGINNING_ONLY: Final = ("variables", "metadata", "idle", "audio")


class TurnRequest(RequestBody):
    """Something said to an agent; without a session id a dialogue begins."""

    text: str = Field(
        default="",
        max_length=LONGEST_BODY,
        description="What the person says; empty or left out: only the greeting",
    )
    keypad: str | None = Field(
        default=None,
        max_length=LONGEST_KEYS,
        description="Instead of a text: the keys of a telephone that the person presses, 0 to 9, "
        "* and #, such as 12#",
    )
    app: str | None = Field(
        default=None,
        min_length=1,
        max_length=LONGEST_METHOD,
        description="Instead of a text: what the person does in their app, a method of the "
        "agent's app.on",
    )
    sent: dict[str, JsonValue] | None = Field(
        default=None,
        alias="with",
        description="What the app sends with it",
        json_schema_extra={"examples": [{"dish": "soup"}]},
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

    audio: bool | None = Field(
        default=None,
        description="Whether both speak, in real time: a voice says what the person says, the "
        "agent hears it and answers with its own voice, and the sound is kept; only at the "
        "beginning of a dialogue",
    )

    @model_validator(mode="after")
    def _fits_the_moment(self) -> Self:
        self._one_of_three()
        self._keys_are_keys()
        if self.session_id is None:
            return self
        for name in BEGINNING_ONLY:
            if getattr(self, name) is not None:
                raise PydanticCustomError(
                    "beginning_only",
                    "'{name}' can only be given when a dialogue begins",
                    {"name": name, "help": f"leave '{name}' out, or leave 'session_id' out"},
                )
        if not self.text.strip() and self.keypad is None and self.app is None:
            raise PydanticCustomError(
                "nothing_said",
                "there is nothing to answer: 'text' is empty",
                {"help": "an empty text is only for the beginning of a dialogue"},
            )
        return self

    def _one_of_three(self) -> None:
        if self.keypad is not None and self.text.strip():
            raise PydanticCustomError(
                "text_and_keys",
                "'text' and 'keypad' cannot both be given",
                {"help": "say it in one turn, and press the keys in another"},
            )
        if self.app is not None and (self.keypad is not None or self.text.strip()):
            raise PydanticCustomError(
                "app_and_more",
                "'app' cannot be given with 'text' or 'keypad'",
                {"help": "say it in one turn, and let the app do it in another"},
            )
        if self.sent is not None and self.app is None:
            raise PydanticCustomError(
                "with_alone",
                "'with' is what the app sends, and there is no 'app'",
                {"help": "write 'app': and a method of the agent's app.on, or leave 'with' out"},
            )

    def _keys_are_keys(self) -> None:
        if self.keypad is None:
            return
        if not re.fullmatch(r"[0-9*#]+", self.keypad):
            raise PydanticCustomError(
                "no_keys",
                "'keypad' holds what is not a key of a telephone",
                {"help": "give 0 to 9, * and #, such as 12#"},
            )


class Usage(ReplyBody):
    """Tokens that the turn took."""

    input_tokens: int
    output_tokens: int


class Sound(ReplyBody):
    """The sound of a spoken dialogue so far: the person on the left, the agent on the right."""

    url: str = Field(description="Its path: a WAV file, until an hour after the end")
    duration_ms: int


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
    audio: Sound | None = Field(description="Of a dialogue in which both speak")
    failure: str | None = Field(
        description="Why the model did not answer; told on this machine alone"
    )
