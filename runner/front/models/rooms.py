"""Rooms and tokens: LiveKit's token endpoint and what older clients ask in its place."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from runner.front.models.base import ReplyBody, RequestBody

LONGEST_NAME: Final = 256
"""Characters of a room's or a participant's name."""

LONGEST_METADATA: Final = 32 * 1024
"""Characters of what a participant or a dispatch carries."""

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Metadata = Annotated[str, Field(max_length=LONGEST_METADATA)]


class _Lenient(BaseModel):
    """A part of LiveKit's `RoomConfiguration`, of which the rest is dropped."""

    model_config = ConfigDict(extra="ignore", strict=True)


class WantedAgent(_Lenient):
    """An agent that is called into the room."""

    agent_name: str = ""
    metadata: Metadata = ""


class RoomConfig(_Lenient):
    """What a client wants of the room; only its agents are used."""

    agents: list[WantedAgent] = Field(default=[], max_length=1)


class TokenRequest(RequestBody):
    """LiveKit's token endpoint (https://docs.livekit.io/frontends/authentication/tokens/endpoint)."""

    room_name: Name | None = Field(
        default=None, description="A new room without it; where it exists, the agent is called in"
    )
    participant_identity: Name | None = Field(default=None, description="A new one without it")
    participant_name: Annotated[str, Field(max_length=LONGEST_NAME)] | None = None
    participant_metadata: Metadata | None = None
    participant_attributes: dict[Name, Annotated[str, Field(max_length=LONGEST_NAME)]] | None = (
        Field(default=None, max_length=64, description="`caller.attributes` of templates")
    )
    room_config: RoomConfig | None = Field(
        default=None, description="Which agent is called, and with which metadata"
    )


class TokenReply(ReplyBody):
    """Where to connect, and the token for it; 15 minutes."""

    server_url: str
    participant_token: str
    room_name: str
    participant_name: str


class OlderTokenReply(TokenReply):
    """The same, for links and older clients."""

    accessToken: str  # noqa: N815 - the name on the wire


class ConnectionDetails(ReplyBody):
    """What LiveKit Meet asks for."""

    serverUrl: str  # noqa: N815 - as above
    roomName: str  # noqa: N815 - as above
    participantName: str  # noqa: N815 - as above
    participantToken: str  # noqa: N815 - as above


class RoomRequest(RequestBody):
    """A room that is there before anybody comes, with its agent."""

    agent: str | None = Field(default=None, description="The only one without it")
    room_name: Name | None = Field(default=None, description="A new one without it")
    metadata: JsonValue = Field(
        default=None, description="`job.metadata` of templates, and the room's own"
    )
    empty_timeout: int | None = Field(
        default=None, ge=1, le=86_400, description="Seconds that it stays without anybody"
    )
    max_participants: int | None = Field(default=None, ge=1, le=1000)


class RoomReply(ReplyBody):
    """The room is there and the agent is called."""

    room_name: str
    agent: str
    dispatch_id: str


class ConfigAgent(ReplyBody):
    """An agent that a client may call."""

    name: str
    description: str | None


class ConfigReply(ReplyBody):
    """What a client may know."""

    livekit_url: str | None
    agents: list[ConfigAgent]
    voice: bool = Field(description="Whether calls by voice can be had over LiveKit")
    text: bool
    tokens: bool = Field(description="Whether this front gives tokens for rooms")
