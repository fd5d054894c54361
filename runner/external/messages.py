"""The messages between lkrun and the program of an external agent: `docs/external-agents.md`.

Their JSON Schema is generated of these models. What lkrun sends may get further fields; what it
reads may hold more than it knows.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION: Final = 1
"""The `schema` of what is sent; another one would break a program that is written for this."""

REQUESTED: Final = "agent.job.requested"
CANCELLED: Final = "agent.job.cancelled"
ENDED: Final = "agent.job.ended"

Final_ = Literal["success", "failed", "rejected", "cancelled"]
"""How a job may end."""


class _Sent(BaseModel):
    model_config = ConfigDict(populate_by_name=True, frozen=True)


class JobRequested(_Sent):
    """A call wants the agent: join the room, or say no."""

    type: Literal["agent.job.requested"] = REQUESTED
    version: Literal[1] = Field(VERSION, alias="schema", description="of these messages")
    job_id: str = Field(description="of the job; the same over all attempts")
    dispatch_id: str = Field("", description="of LiveKit's dispatch")
    agent_name: str = Field(description="the name below external_agents:")
    job_type: Literal["JT_ROOM", "JT_PUBLISHER"] = Field(description="what LiveKit has to do")
    room: dict[str, Any] = Field(description="LiveKit's Room, as JSON")
    participant: dict[str, Any] | None = Field(
        None, description="LiveKit's ParticipantInfo, of a job for a publisher"
    )
    metadata: str = Field("", description="of the dispatch")
    attributes: dict[str, str] = Field({}, description="of the dispatch")
    participant_identity: str = Field(description="who the program is in the room")
    access_token: str = Field(description="lets it into this room, as this participant, soon")
    server_url: str = Field(description="where LiveKit is")
    timestamp: int = Field(description="when this attempt was sent: seconds since 1970")
    attempt: int = Field(ge=1, description="counts the attempts, from 1")
    deadline: str = Field(description="until when it must have joined (ISO 8601)")
    status_url: str = Field(description="where it may say how the job goes")
    status_token: str = Field(description="for that address: Authorization: Bearer …")


class JobReply(BaseModel):
    """What the program answers within the timeout: JSON of at most 64 KB, with a status 2xx."""

    model_config = ConfigDict(extra="allow", strict=True)

    accepted: bool = Field(description="no: the call goes to the fallback at once")
    participant_identity: str | None = Field(None, description="not heeded: the token has one")
    participant_name: str | None = Field(None, description="shown to people in the room")
    participant_metadata: str | None = Field(None, description="of the participant")
    participant_attributes: dict[str, str] | None = Field(None, description="of the participant")
    error: str | None = Field(None, description="why not")


class JobCancelled(_Sent):
    """The job is wanted no more: leave the room; after 10 s you are taken out of it."""

    type: Literal["agent.job.cancelled"] = CANCELLED
    version: Literal[1] = Field(VERSION, alias="schema", description="of these messages")
    job_id: str = Field(description="of the job")
    agent_name: str = Field(description="the name below external_agents:")
    room_name: str = Field(description="the room")
    timestamp: int = Field(description="when it was cancelled: seconds since 1970")
    reason: str = Field("", description="why")


class JobEnded(_Sent):
    """The job is over; sent once for each job that the program has accepted."""

    type: Literal["agent.job.ended"] = ENDED
    version: Literal[1] = Field(VERSION, alias="schema", description="of these messages")
    job_id: str = Field(description="of the job")
    agent_name: str = Field(description="the name below external_agents:")
    room_name: str = Field(description="the room")
    timestamp: int = Field(description="when it ended: seconds since 1970")
    status: Final_ = Field(description="how it ended")
    error: str = Field("", description="why it failed")


class StatusReport(BaseModel):
    """What the program may post to `status_url`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    status: Literal["running", "success", "failed"] = Field(description="how the job goes")
    error: str | None = Field(None, max_length=1000, description="why it failed")
    message: str | None = Field(None, max_length=1000, description="for people")


MESSAGES: Final = (JobRequested, JobReply, StatusReport, JobCancelled, JobEnded)
"""All of them, in the order of a call."""


def data(message: BaseModel) -> dict[str, Any]:
    """A message as it is sent; what is not known is left out."""
    return message.model_dump(by_alias=True, exclude_none=True)


def message_id(job: str, kind: str) -> str:
    """Names a message over all its attempts; no dot stands in it, since a signature has dots."""
    return f"msg_{job.replace('.', '_')}_{kind.rpartition('.')[2]}"
