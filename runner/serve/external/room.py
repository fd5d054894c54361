"""The rooms of external agents, by LiveKit's API: who is there, tokens, dispatches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
from livekit import api
from livekit.agents.types import ATTRIBUTE_AGENT_NAME

from runner.secret import Secret

if TYPE_CHECKING:
    from livekit.protocol.models import ParticipantInfo

    from runner.external.jobs import Job
    from runner.external.messages import JobReply
    from runner.serve.credentials import LiveKit

TROUBLES = (api.TwirpError, aiohttp.ClientError, OSError, TimeoutError)
"""What LiveKit's API raises where it cannot do something."""


class RoomService:
    """Asks LiveKit's server; one connection pool for all jobs."""

    def __init__(self, livekit: LiveKit) -> None:
        self._livekit = livekit
        self._server: api.LiveKitAPI | None = None

    @property
    def url(self) -> str:
        """Where LiveKit is."""
        return self._livekit.url

    @property
    def livekit(self) -> LiveKit:
        """The credentials."""
        return self._livekit

    def _api(self) -> api.LiveKitAPI:
        if self._server is None:
            livekit = self._livekit
            self._server = api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret.reveal())
        return self._server

    async def aclose(self) -> None:
        """Close the connections."""
        if self._server is not None:
            await self._server.aclose()

    def token(self, job: Job, seconds: float) -> Secret[str]:
        """A token for one room and one program, which is an agent there."""
        grants = api.VideoGrants(
            room_join=True, room=job.room, agent=True, can_publish=True, can_subscribe=True,
            can_publish_data=True, can_update_own_metadata=True,
        )  # fmt: skip
        token = (
            api.AccessToken(self._livekit.api_key, self._livekit.api_secret.reveal())
            .with_identity(job.identity)
            .with_name(job.agent)
            .with_kind("agent")
            .with_ttl(timedelta(seconds=seconds))
            .with_grants(grants)
            .with_attributes({ATTRIBUTE_AGENT_NAME: job.agent})
        )
        return Secret(token.to_jwt())

    async def people(self, room: str) -> Mapping[str, ParticipantInfo] | None:
        """Identity → who is in a room; None where the room is gone.

        Raises:
            Exception: one of `TROUBLES`.
        """
        try:
            request = api.ListParticipantsRequest(room=room)
            people = (await self._api().room.list_participants(request)).participants
        except api.TwirpError as error:
            if error.code == "not_found":
                return None
            raise
        return {each.identity: each for each in people}

    async def name(self, job: Job, reply: JobReply) -> None:
        """Give a program in a room what it said of itself.

        Raises:
            Exception: one of `TROUBLES`.
        """
        said: dict[str, Any] = {
            "name": reply.participant_name,
            "metadata": reply.participant_metadata,
            "attributes": reply.participant_attributes,
        }
        said = {key: value for key, value in said.items() if value is not None}
        if said:
            await self._api().room.update_participant(
                api.UpdateParticipantRequest(room=job.room, identity=job.identity, **said)
            )

    async def remove(self, room: str, identity: str) -> None:
        """Take somebody out of a room.

        Raises:
            Exception: one of `TROUBLES`.
        """
        await self._api().room.remove_participant(
            api.RoomParticipantIdentity(room=room, identity=identity)
        )

    async def call(self, agent: str, room: str, metadata: str) -> None:
        """Call an agent into a room, unless it is called already.

        Raises:
            Exception: one of `TROUBLES`.
        """
        dispatches = self._api().agent_dispatch
        if any(each.agent_name == agent for each in await dispatches.list_dispatch(room)):
            return
        await dispatches.create_dispatch(
            api.CreateAgentDispatchRequest(agent_name=agent, room=room, metadata=metadata)
        )

    async def is_dispatched(self, dispatch: str, room: str) -> bool:
        """Whether a dispatch is there.

        Raises:
            Exception: one of `TROUBLES`.
        """
        listed = await self._api().agent_dispatch.list_dispatch(room)
        return any(each.id == dispatch for each in listed)

    async def forget(self, dispatch: str, room: str) -> None:
        """Delete a dispatch that is over, so that nobody serves it again.

        Raises:
            Exception: one of `TROUBLES`.
        """
        await self._api().agent_dispatch.delete_dispatch(dispatch, room)

    async def close(self, room: str) -> None:
        """Delete a room: whoever is there is sent away.

        Raises:
            Exception: one of `TROUBLES`.
        """
        await self._api().room.delete_room(api.DeleteRoomRequest(room=room))
