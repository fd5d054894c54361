"""Looks for callers who wait in a room to which no agent came, and dispatches their agent again.

LiveKit's open-source server never repeats a dispatch that found nobody, does not serve it when an
agent is registered later, and does not restart a call whose process or runner died. Of two runners
that look at once only one gets the dispatch deleted, so no room gets two agents.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from livekit import api
from livekit.agents.types import ATTRIBUTE_AGENT_NAME
from livekit.protocol import models

from runner.serve.dispatches import ORDER
from runner.serve.workers.neighbours import RUNNER

if TYPE_CHECKING:
    from runner.serve.credentials import LiveKit
    from runner.serve.external.jobs import ExternalJobs
    from runner.serve.log import Log
    from runner.serve.sessions.admission import Admission
    from runner.serve.sessions.calls import CallInfo, Calls

_EVERY: Final = 1.5
_PATIENCE: Final = 3.0
"""Seconds that a dispatch is given before it counts as lost."""

_LEFT: Final = 0.7
"""The same, where its agent was there before: a call that ended in order has its room closed, or
its dispatch deleted, in less."""

_UNDERWAY: Final = 15.0
"""The same, where another runner has accepted the call and its agent has not joined yet."""

_ROOMS: Final = 200
"""Rooms that are looked at in one round: those first that were not looked at for longest."""

_AT_ONCE: Final = 8
"""Rooms that are looked at at the same time."""

_RESCUES: Final = 3
"""How often a call that died is begun again."""


class Sweeper:
    """Sweeps every few seconds, and when it is woken.

    Args:
        registered: whether an agent is registered here.
        is_dead: whether a runner has died, by the attribute of its agents.
        external: knows of jobs whose agents are programs of others.
    """

    def __init__(  # noqa: PLR0913 - the parts that it needs, by name
        self,
        livekit: LiveKit,
        admission: Admission,
        calls: Calls,
        log: Log,
        *,
        registered: Callable[[str], bool],
        is_dead: Callable[[str | None], bool],
        external: ExternalJobs | None = None,
    ) -> None:
        self._livekit = livekit
        self._admission = admission
        self._calls = calls
        self._log = log
        self._registered = registered
        self._is_dead = is_dead
        self._external = external
        self._woken = asyncio.Event()
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._seen: dict[str, float] = {}
        self._fine: dict[str, float] = {}
        self._looked: dict[str, float] = {}
        self._served: dict[str, set[str]] = {}
        self._over: dict[str, str] = {}
        self._crashed: list[CallInfo] = []
        self._rescues: Counter[str] = Counter()
        calls.on_end.append(self._ended)

    def wake(self) -> None:
        """Sweep soon: a call has ended."""
        self._woken.set()

    def look_again(self) -> None:
        """Sweep soon, and look at all rooms: callers may wait for an agent that is new here."""
        self._fine.clear()
        self.wake()

    async def run(self) -> None:
        """Sweep until cancelled."""
        livekit = self._livekit
        async with api.LiveKitAPI(
            livekit.url, livekit.api_key, livekit.api_secret.reveal()
        ) as server:
            while True:
                try:
                    await self._sweep(server)
                except (aiohttp.ClientError, api.TwirpError, OSError, TimeoutError) as error:
                    words = f"callers could not be looked for: {error}"
                    self._log.event("sweep_failed", words, level="debug")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pause()):
                        await self._woken.wait()
                self._woken.clear()

    def _pause(self) -> float:
        """Seconds until the next round, or until the first dispatch in sight counts as lost."""
        now = asyncio.get_running_loop().time()
        # runners should not sweep in step
        usual = _EVERY * random.uniform(0.8, 1.2)  # noqa: S311 - no secret is made of it
        lost = (since + _PATIENCE - now for since in self._seen.values())
        return min([usual, *(seconds for seconds in lost if seconds > 0)])

    def _ended(self, call: CallInfo) -> None:
        if call.kind != "call":
            return
        if call.reason == "crashed" and call.room:
            self._crashed.append(call)
        elif call.reason != "not_assigned" and call.dispatch:
            self._over[call.dispatch] = call.room or ""
        self.wake()

    async def _sweep(self, server: api.LiveKitAPI) -> None:
        while self._crashed:
            await self._rescue(server, self._crashed.pop())
        await self._forget_served(server)
        now = asyncio.get_running_loop().time()
        listed = await server.room.list_rooms(api.ListRoomsRequest())
        names = {room.name for room in listed.rooms}
        here = {call.room for call in self._calls.all("call")}
        self._fine = {room: until for room, until in self._fine.items() if until > now}
        self._served = {room: ids for room, ids in self._served.items() if room in names}
        self._looked = {room: when for room, when in self._looked.items() if room in names}
        here |= {room for room in names if self._external and self._external.serves(room)}
        rooms = sorted(names - here - self._fine.keys(), key=lambda r: self._looked.get(r, 0.0))
        seen: dict[str, float] = {}
        looks = [self._look(server, room, now, seen) for room in rooms[:_ROOMS]]
        failed = [
            error
            for error in await asyncio.gather(*looks, return_exceptions=True)
            if isinstance(error, BaseException) and not _vanished(error)
        ]
        left_out = rooms[_ROOMS:]
        self._seen = (self._seen if left_out else {}) | seen
        if failed:
            raise failed[0]

    async def _forget_served(self, server: api.LiveKitAPI) -> None:
        """Delete dispatches whose call has ended in order, so that nobody serves them again."""
        for dispatch, room in list(self._over.items()):
            del self._over[dispatch]
            try:
                await server.agent_dispatch.delete_dispatch(dispatch, room)
            except api.TwirpError:
                continue  # it went with its room

    async def _rescue(self, server: api.LiveKitAPI, call: CallInfo) -> None:
        """Take what a dead call left out of its room; LiveKit itself notices only after 20 s."""
        room = call.room or ""
        self._fine.pop(room, None)
        self._rescues[room] += 1
        if self._rescues[room] > _RESCUES:
            del self._rescues[room]
            words = (
                f"{call.agent}: the call in room {room} died again and again; the room is closed"
            )
            self._log.event("session_given_up", words, level="error", agent=call.agent, room=room)
            with contextlib.suppress(api.TwirpError):
                await server.room.delete_room(api.DeleteRoomRequest(room=room))
            return
        identity = f"agent-{call.id}"  # as LiveKit names it where nobody else does
        with contextlib.suppress(api.TwirpError):
            await server.room.remove_participant(
                api.RoomParticipantIdentity(room=room, identity=identity)
            )
        if call.dispatch:
            self._seen[call.dispatch] = -math.inf

    async def _look(
        self, server: api.LiveKitAPI, room: str, now: float, seen: dict[str, float]
    ) -> None:
        async with self._at_once:
            self._looked[room] = now
            dispatches = [
                d
                for d in await server.agent_dispatch.list_dispatch(room)
                if self._registered(d.agent_name) and ORDER not in d.attributes
            ]
            if not dispatches:
                self._fine[room] = now + _EVERY
                return
            agents, orphaned = await self._agents(server, room)
            served = self._served.setdefault(room, set())
            served |= {d.id for d in dispatches if d.agent_name in agents}
            for dispatch in dispatches:
                if dispatch.agent_name in agents:
                    continue
                since = seen[dispatch.id] = self._seen.get(dispatch.id, now)
                patience = 0.0 if dispatch.agent_name in orphaned else self._patience(dispatch)
                free = self._admission.refusal(dispatch.agent_name) is None
                if now - since >= patience and free:
                    await self._again(server, room, dispatch)

    async def _agents(self, server: api.LiveKitAPI, room: str) -> tuple[set[str], set[str]]:
        """The agents that are in a room, and those that a runner left which has died.

        What it left is taken out: LiveKit would keep it there for 20 s.
        """
        request = api.ListParticipantsRequest(room=room)
        people = (await server.room.list_participants(request)).participants
        agents = [p for p in people if p.kind == models.ParticipantInfo.AGENT]
        orphans = [p for p in agents if self._is_dead(p.attributes.get(RUNNER))]
        for orphan in orphans:
            identity = api.RoomParticipantIdentity(room=room, identity=orphan.identity)
            with contextlib.suppress(api.TwirpError):
                await server.room.remove_participant(identity)
        present, gone = (
            {p.attributes.get(ATTRIBUTE_AGENT_NAME, "") for p in some}
            for some in ([p for p in agents if p not in orphans], orphans)
        )
        return present, gone

    def _patience(self, dispatch: Any) -> float:
        """Seconds that a dispatch without its agent is given."""
        known = self._external.patience(dispatch.agent_name) if self._external else None
        if known is not None:
            return known
        if dispatch.id in self._served.get(dispatch.room, ()):
            return _LEFT
        # which jobs a dispatch has is often not told, but where it is, somebody is on the way
        return _UNDERWAY if dispatch.state.jobs else _PATIENCE

    async def _again(self, server: api.LiveKitAPI, room: str, dispatch: Any) -> None:
        if any(call.dispatch == dispatch.id for call in self._calls.all("call")):
            return
        await server.agent_dispatch.delete_dispatch(dispatch.id, room)
        request = api.CreateAgentDispatchRequest(
            agent_name=dispatch.agent_name,
            room=room,
            metadata=dispatch.metadata,
            attributes=dict(dispatch.attributes),
        )
        await server.agent_dispatch.create_dispatch(request)
        self._log.event(
            "dispatch_repeated",
            f"{dispatch.agent_name}: a caller waits in room {room}; the agent is called again",
            agent=dispatch.agent_name,
            room=room,
        )


def _vanished(error: BaseException) -> bool:
    """Whether a room or dispatch was gone when it was asked for: somebody else was first."""
    return isinstance(error, api.TwirpError) and error.code == "not_found"
