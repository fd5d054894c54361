"""Calls that agents make."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, JsonValue

from runner.front.models.base import ReplyBody, RequestBody

LONGEST_KEY: Final = 255
"""Characters of an Idempotency-Key."""


class CallRequest(RequestBody):
    """A call that an agent is to make."""

    model_config = ConfigDict(
        **RequestBody.model_config,
        json_schema_extra={"examples": [{"agent": "reminder", "to": "+842412345678"}]},
    )

    agent: Annotated[str, Field(min_length=1, max_length=256)]
    to: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="The number; without it, what the agent's `dial: to` says"
    )
    metadata: JsonValue = Field(default=None, description="What the agent has as `job.metadata`")
    variables: dict[str, JsonValue] | None = Field(
        default=None, description="Values of the agent's variables"
    )


class CallRow(ReplyBody):
    """A call that an agent makes."""

    id: str
    agent: str
    to: str | None
    state: Literal["queued", "dialing", "ringing", "answered", "ended"]
    answered_by: Literal["person", "mailbox", "menu", "full", "unsure", "nobody"] | None
    reason: str | None = Field(
        description="How it ended: `end_call`, `caller_left`, …; or why nobody answered: `busy`, "
        "`no_answer`, `refused`, `opted_out`, `no_trunk`, …"
    )
    message: str | None = Field(description="Why nobody answered, for people")
    sip_status: int | None
    session_id: str | None = Field(description="Of its session, once that has begun")
    began: str
    ended: str | None
