"""Rooms for callers who ask the front: a token, a room with its agent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NoReturn

import aiohttp
from livekit import api

from runner.front.port import DialogueError
from runner.front.rooms_port import OpenRoom, RoomPass, RoomVisit, RoomWish
from runner.serve.dispatches import VISIT
from runner.serve.workers.tokens import Visit, mint

if TYPE_CHECKING:
    from runner.serve.credentials import LiveKit
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.admission import Admission
    from runner.serve.sessions.owners import RoomOwners
    from runner.serve.workers.livekit import LiveKitAgents

TTL: Final = 900.0
"""Seconds in which one may join with a token, as LiveKit's own endpoints have it."""

BUDGET: Final = 10.0
"""Seconds that LiveKit may take for what is asked of it."""

_REFUSED: Final = {
    "draining": "the runner is shutting down",
    "full": "as many callers as the agent takes are there already",
}


class Rooms:
    """Lets callers into rooms of the agents that are served; never into one that stays silent."""

    def __init__(
        self,
        livekit: LiveKit | None,
        releases: Releases,
        admission: Admission,
        agents: LiveKitAgents,
        owners: RoomOwners,
    ) -> None:
        self._livekit = livekit
        self._releases = releases
        self._admission = admission
        self._agents = agents
        self._owners = owners
        if livekit is not None:
            owners.prove_by(livekit.api_secret.reveal())

    async def let_in(self, visit: RoomVisit) -> RoomPass:
        """A token for a room in which the agent will be.

        LiveKit calls the agents of a token only when its room begins; into one that is there
        already the agent is called by name, unless it is called already.

        Raises:
            DialogueError: the agent is unknown or not named, or cannot take a call now; or a proven
                caller wants into a room of somebody else.
        """
        livekit = self._reachable()
        agent = self._agent(visit.agent)
        owner = visit.identity if visit.proven else None
        await self._claim(livekit, visit.room, owner)
        named = self._admission.dispatch(agent).mode == "explicit"
        if visit.room is not None and named:
            await self._call_in(livekit, visit.room, agent, visit.job_metadata)
        made = mint(
            livekit,
            Visit(
                agent,
                visit.room or self._owners.new_room(agent, owner),
                visit.identity,
                visit.job_metadata,
                TTL,
                name=visit.name or "",
                own_metadata=visit.metadata,
                attributes=visit.attributes,
                named=named,
            ),
        )
        self._owners.claim(made.room, owner)
        return RoomPass(livekit.url, made.token, made.room, visit.name or made.identity)

    async def open_room(self, wish: RoomWish) -> OpenRoom:
        """Have a room made and the agent called into it.

        Raises:
            DialogueError: as `let_in`; LiveKit does not answer, or refuses.
        """
        livekit = self._reachable()
        agent = self._agent(wish.agent)
        await self._claim(livekit, wish.room, wish.identity)
        room = wish.room or self._owners.new_room(agent, wish.identity)
        self._owners.claim(room, wish.identity)
        wanted = api.CreateRoomRequest(name=room, metadata=wish.metadata)
        if wish.empty_timeout is not None:
            wanted.empty_timeout = wish.empty_timeout
        if wish.max_participants is not None:
            wanted.max_participants = wish.max_participants
        try:
            async with asyncio.timeout(BUDGET), _server(livekit) as server:
                await server.room.create_room(wanted)
                named = self._admission.dispatch(agent).mode == "explicit"
                visit = wish.identity is not None
                dispatch = (
                    await _dispatched(server, room, agent, wish.metadata, visit=visit)
                    if named
                    else ""
                )
        except (api.TwirpError, aiohttp.ClientError, OSError, TimeoutError) as error:
            _failed(error)
        return OpenRoom(room, agent, dispatch)

    async def _claim(self, livekit: LiveKit, room: str | None, identity: str | None) -> None:
        """Note who asks for a room by its name.

        Raises:
            DialogueError: a proven caller asks for one that is somebody else's, or that is there
                and nobody knows whose.
        """
        if room is None:
            return
        strange = (
            identity is not None
            and not self._owners.known(room, identity)
            and await _is_there(livekit, room)  # another one may ask meanwhile: claim it after that
        )
        if strange or (identity is not None and self._owners.claim(room, identity) != identity):
            words = "this room is not yours"
            raise DialogueError("not_yours", words, "leave the room's name out for a new one")
        self._owners.claim(room, identity)

    async def _call_in(self, livekit: LiveKit, room: str, agent: str, metadata: str) -> None:
        try:
            async with asyncio.timeout(BUDGET), _server(livekit) as server:
                rooms = (await server.room.list_rooms(api.ListRoomsRequest(names=[room]))).rooms
                if rooms:
                    await _dispatched(server, room, agent, metadata)
        except (api.TwirpError, aiohttp.ClientError, OSError, TimeoutError) as error:
            _failed(error)

    def _reachable(self) -> LiveKit:
        if self._livekit is None:
            hint = "set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET, and start again"
            raise DialogueError("no_livekit", "this runner is not connected to LiveKit", hint)
        return self._livekit

    def _agent(self, name: str | None) -> str:
        """The agent that is meant, where it can take a call now."""
        agents = self._releases.current.names
        if not name:
            if len(agents) != 1:
                listed = ", ".join(agents)
                hint = f"name one, as ?agent={agents[0]}" if agents else None
                raise DialogueError("bad_request", f"which agent? There are: {listed}", hint)
            name = agents[0]
        refusal = self._admission.refusal(name)
        if refusal == "unknown_agent":
            words = f"there is no agent '{name}'"
            raise DialogueError("bad_request", words, f"agents here: {', '.join(agents)}")
        if refusal is not None:
            words = "the runner has as many calls as it may have"
            raise DialogueError(refusal, words if self._admission.full else _REFUSED[refusal])
        unknown = self._agents.refusal(name)
        if unknown is not None:
            raise unknown
        return name


def _server(livekit: LiveKit) -> api.LiveKitAPI:
    return api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret.reveal())


async def _is_there(livekit: LiveKit, room: str) -> bool:
    """Whether LiveKit has a room of this name.

    Raises:
        DialogueError: it does not say.
    """
    try:
        async with asyncio.timeout(BUDGET), _server(livekit) as server:
            return bool((await server.room.list_rooms(api.ListRoomsRequest(names=[room]))).rooms)
    except (api.TwirpError, aiohttp.ClientError, OSError, TimeoutError) as error:
        _failed(error)


async def _dispatched(
    server: api.LiveKitAPI, room: str, agent: str, metadata: str, *, visit: bool = True
) -> str:
    """The dispatch of an agent to a room that is there, made if there is none."""
    for each in await server.agent_dispatch.list_dispatch(room):
        if each.agent_name == agent:
            return str(each.id)
    request = api.CreateAgentDispatchRequest(
        agent_name=agent, room=room, metadata=metadata, attributes={VISIT: "yes"} if visit else {}
    )
    return str((await server.agent_dispatch.create_dispatch(request)).id)


def _failed(error: Exception) -> NoReturn:
    why = error.message if isinstance(error, api.TwirpError) else "it does not answer"
    raise DialogueError("livekit_failed", f"LiveKit could not do it: {why}", "try again") from None
