"""External agents, their jobs, and what is delivered."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, RootModel

from runner.front.models.base import ReplyBody, RequestBody

JobStatus = Literal[
    "requested", "accepted", "running", "success", "failed", "rejected", "cancelled"
]  # fmt: skip
"""What a job may be."""


class JobRow(ReplyBody):
    """A job of an external agent."""

    id: str
    agent: str
    job_type: Literal["JT_ROOM", "JT_PUBLISHER"]
    room: str
    dispatch_id: str
    participant_identity: str
    status: JobStatus
    error: str | None
    message: str | None
    attempts: int
    requested: str
    joined: str | None
    ended: str | None


class JobRows(RootModel[list[JobRow]]):
    """Jobs of external agents, the newest first."""


class StatusBody(RequestBody):
    """How a job goes, as its program has it."""

    model_config = ConfigDict(
        **RequestBody.model_config, json_schema_extra={"examples": [{"status": "success"}]}
    )

    status: Literal["running", "success", "failed"]
    error: str | None = Field(default=None, max_length=1000, description="Why it failed")
    message: str | None = Field(default=None, max_length=1000, description="For people")


class DeliveryRow(ReplyBody):
    """Something that is sent, was, or could not be."""

    id: str
    kind: Literal["webhook", "event", "csv", "tool", "job"]
    agent: str
    job_id: str | None
    session_id: str | None
    webhook_id: str | None
    url: str | None
    target: str
    state: Literal["sent", "waiting", "given_up"]
    attempts: int
    error: str | None


class DeliveryRows(RootModel[list[DeliveryRow]]):
    """Deliveries, the newest first."""


class HealthRow(ReplyBody):
    """Whether a program works."""

    state: Literal["healthy", "unhealthy", "unknown"]
    failures: int
    error: str | None
    ms: float | None = Field(description="In how many milliseconds it answered last")


class ExternalAgentRow(ReplyBody):
    """An external agent."""

    name: str
    url: str = Field(description="Where its jobs are posted, secrets by name")
    registered: bool
    disabled: bool = Field(description="It said that it is gone (410); a reload asks it again")
    fallback: str | None
    health: HealthRow
    breaker: Literal["closed", "half_open", "open"]
    deliveries: list[DeliveryRow] = Field(description="The last five")


class ExternalAgentRows(RootModel[list[ExternalAgentRow]]):
    """External agents."""
