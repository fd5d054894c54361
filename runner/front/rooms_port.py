"""What the HTTP front asks of LiveKit's rooms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ProvenCaller:
    """Who has proved themselves by a login provider's ID token.

    Attributes:
        identity: as the provider names them.
        attributes: what else it says of them; not shown, like the token that said it.
    """

    identity: str
    attributes: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class RoomVisit:
    """Who wants to come into a room, and whom they want there.

    Attributes:
        agent: the only one without it.
        room: a new one without it.
        identity: a new one without it.
        metadata: the participant's own.
        attributes: the participant's own.
        job_metadata: what the agent is given.
        proven: whether `identity` is proved: they come into no room of somebody else.
    """

    agent: str | None = None
    room: str | None = None
    identity: str | None = None
    name: str | None = None
    metadata: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    job_metadata: str = ""
    proven: bool = False


@dataclass(frozen=True, slots=True)
class RoomPass:
    """The way into a room."""

    url: str
    token: str
    room: str
    name: str


@dataclass(frozen=True, slots=True)
class RoomWish:
    """A room that shall be there, with an agent.

    Attributes:
        empty_timeout: seconds that it stays without anybody; LiveKit's own without it.
        max_participants: any number without it.
        identity: whose room it is, where that is proved.
    """

    agent: str | None = None
    room: str | None = None
    metadata: str = ""
    empty_timeout: int | None = None
    max_participants: int | None = None
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """A room that is there, with the dispatch of its agent."""

    room: str
    agent: str
    dispatch: str


class Rooms(Protocol):
    """The ways into rooms in which an agent will be."""

    @property
    def livekit_url(self) -> str | None:
        """Where LiveKit is, or None where text only is served."""
        ...

    def meet_link(self, agent: str) -> str | None:
        """A LiveKit Meet address with a fresh token that dispatches the agent, or None."""
        ...

    async def let_in(self, visit: RoomVisit) -> RoomPass:
        """A token for a room in which the agent will be.

        Raises:
            DialogueError: the agent is unknown or not named, or cannot take a call now; or the room
                is somebody else's.
        """
        ...

    async def open_room(self, wish: RoomWish) -> OpenRoom:
        """Have a room made and the agent called into it.

        Raises:
            DialogueError: as `let_in`.
        """
        ...
