"""Access tokens whose room configuration dispatches an agent.

Follows https://docs.livekit.io/agents/server/agent-dispatch/.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from livekit import api

from runner.serve.dispatches import VISIT

if TYPE_CHECKING:
    from runner.serve.credentials import LiveKit

HOUR = 3600.0

_MEET = "https://meet.livekit.io/custom"


@dataclass(frozen=True, slots=True)
class Visit:
    """Whom a token lets in.

    Attributes:
        agent: is called into the room when the caller joins.
        room: a new one without it.
        identity: a new one without it.
        metadata: of the dispatch.
        ttl: seconds in which the caller must join.
        name: of the caller, for people.
        own_metadata: of the caller.
        attributes: of the caller.
        named: whether the agent is called by its name; not where it joins every new room.
    """

    agent: str
    room: str | None = None
    identity: str | None = None
    metadata: str = ""
    ttl: float = HOUR
    name: str = ""
    own_metadata: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    named: bool = True


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token, and what it lets in where."""

    token: str
    room: str
    identity: str


def mint(livekit: LiveKit, visit: Visit) -> AccessToken:
    """Make a token for one caller, signed with the key of a LiveKit server."""
    room = visit.room or f"{visit.agent}-{secrets.token_hex(4)}"
    identity = visit.identity or f"caller-{secrets.token_hex(4)}"
    called = api.RoomAgentDispatch(
        agent_name=visit.agent, metadata=visit.metadata, attributes={VISIT: "yes"}
    )
    token = (
        api.AccessToken(livekit.api_key, livekit.api_secret.reveal())
        .with_identity(identity)
        .with_ttl(timedelta(seconds=visit.ttl))
        .with_grants(api.VideoGrants(room_join=True, room=room))
        .with_room_config(api.RoomConfiguration(agents=[called] if visit.named else []))
        .with_name(visit.name or identity)
        .with_metadata(visit.own_metadata)
        .with_attributes(visit.attributes)
    )
    return AccessToken(token.to_jwt(), room, identity)


def meet_link(url: str, token: str) -> str:
    """The address of LiveKit Meet for a server of one's own."""
    return f"{_MEET}?{urlencode({'liveKitUrl': url, 'token': token})}"
