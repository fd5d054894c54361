"""What happens elsewhere, and what is asked of an agent from there."""

from __future__ import annotations

import re
from typing import Any, Final, Self

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from runner.front.models.base import LONGEST_BODY, ReplyBody, RequestBody

LONGEST_NAME: Final = 200
"""Characters of a name or an id that a client sends."""

_EVENT_TYPE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class EventRequest(RequestBody):
    """Something that has happened elsewhere."""

    model_config = RequestBody.model_config | {
        "json_schema_extra": {"examples": [{"event_type": "order.ready", "data": {"table": 7}}]}
    }

    event_type: str = Field(
        description="What has happened: 1 to 64 letters, digits, ., _ and -",
        json_schema_extra={"pattern": f"^{_EVENT_TYPE.pattern}$"},
    )
    data: JsonValue = Field(default=None, description="`args` of the agent's on_event")
    session_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=LONGEST_NAME,
        description="Where the agent does what on_event says; without it, it is only kept",
    )

    @model_validator(mode="after")
    def _has_a_type(self) -> Self:
        if not _EVENT_TYPE.fullmatch(self.event_type):
            message = "'event_type' is not the type of an event"
            hint = "use 1 to 64 letters, digits, ., _ and -, such as order.ready"
            raise PydanticCustomError("no_event_type", message, {"help": hint})
        return self


class EventReply(ReplyBody):
    """It is kept."""

    id: str = Field(description="Of its record; empty where the same is still being taken")


class IntentRequest(RequestBody):
    """Something that somebody has said."""

    model_config = RequestBody.model_config | {
        "json_schema_extra": {"examples": [{"agent": "clinic", "text": "a real person"}]}
    }

    agent: str = Field(min_length=1, max_length=LONGEST_NAME)
    text: str = Field(min_length=1, max_length=LONGEST_BODY)
    session_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=LONGEST_NAME,
        description="Where what it means is done; without it, the agent's first persona is asked",
    )


class IntentReply(ReplyBody):
    """What it means."""

    intent: str | None = Field(description="null: nothing certain; a model would be asked")
    persona: str = Field(description="Who was asked")
    actions: list[dict[str, Any]] = Field(description="What is done then")


class ToolRequest(RequestBody):
    """A call of a tool."""

    model_config = RequestBody.model_config | {
        "json_schema_extra": {
            "examples": [
                {"agent": "clinic", "tool": "find_slots", "arguments": {"day": "2026-12-04"}}
            ]
        }
    }

    agent: str = Field(min_length=1, max_length=LONGEST_NAME)
    tool: str = Field(min_length=1, max_length=LONGEST_NAME, description="One with http")
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    session_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=LONGEST_NAME,
        description="Whose variables it uses, and where what it saves is stored",
    )


class ToolAttempt(ReplyBody):
    """A request that was sent; secrets are masked."""

    method: str
    url: str
    status: int | None
    error: str | None
    ms: float


class ToolReply(ReplyBody):
    """What came of it, as `lkrun tool call` tells it."""

    ok: bool
    output: str = Field(description="What the model would see")
    saved: dict[str, Any]
    error: str | None
    attempts: list[ToolAttempt]
    total_ms: float
