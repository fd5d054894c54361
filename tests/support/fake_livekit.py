"""A stand-in of LiveKit's server: agents' WebSocket and the Twirp calls that the runner makes.

The real server is met in tests/live; this one loses connections and dispatches at will.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from aiohttp import WSMsgType, web
from livekit import api
from livekit.protocol import agent as wire
from livekit.protocol import models

KEY, SECRET = "devkey", "s" * 32


class FakeLiveKit:
    """Registers agents, sends jobs, and holds rooms with dispatches and participants."""

    def __init__(self):
        self.workers = {}
        self.rooms = {}
        self.asked = []
        self.jobs = {}
        self.named = []
        self.told = asyncio.Condition()
        self.port = 0
        self._server = None

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    async def start(self):
        app = web.Application()
        app.router.add_get("/agent", self._agent)
        app.router.add_post("/twirp/{service}/{method}", self._twirp)
        self._server = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._server.setup()
        site = web.TCPSite(self._server, "127.0.0.1", self.port)
        await site.start()
        self.port = self._server.addresses[0][1]

    async def stop(self):
        for worker in list(self.workers.values()):
            await worker.socket.close()
        if self._server is not None:
            await self._server.cleanup()

    async def until(self, condition):
        async with asyncio.timeout(20), self.told:
            await self.told.wait_for(condition)

    async def _tell(self):
        async with self.told:
            self.told.notify_all()

    async def _agent(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        worker = SimpleNamespace(socket=socket, name=None, answers=[], status=None)
        async for message in socket:
            if message.type != WSMsgType.BINARY:
                continue
            said = wire.WorkerMessage()
            said.ParseFromString(message.data)
            await self._heard(worker, said)
        self.workers.pop(worker.name, None)
        await self._tell()
        return socket

    async def _heard(self, worker, said):
        kind = said.WhichOneof("message")
        if kind == "register":
            worker.name, worker.kind = said.register.agent_name, said.register.type
            self.workers[worker.name] = worker
            answer = wire.ServerMessage()
            answer.register.worker_id = f"AW_{worker.name}"
            await worker.socket.send_bytes(answer.SerializeToString())
        elif kind == "availability":
            worker.answers.append(said.availability)
        elif kind == "update_worker":
            worker.status = said.update_worker.status
        elif kind == "update_job":
            job = said.update_job
            self.jobs.setdefault(job.job_id, []).append((job.status, job.error))
        await self._tell()

    async def offer(self, name, job_id, room="r", dispatch="AD_1"):
        """Offer a job, and return the worker's answer."""
        worker = self.workers[name]
        message = wire.ServerMessage()
        message.availability.job.id = job_id
        message.availability.job.dispatch_id = dispatch
        message.availability.job.agent_name = name
        message.availability.job.room.name = room
        message.availability.job.metadata = "m"
        before = len(worker.answers)
        await worker.socket.send_bytes(message.SerializeToString())
        await self.until(lambda: len(worker.answers) > before)
        return worker.answers[-1]

    async def assign(self, name, job_id):
        """Give an accepted job to its worker."""
        message = wire.ServerMessage()
        message.assignment.job.id = job_id
        message.assignment.token = SECRET
        await self.workers[name].socket.send_bytes(message.SerializeToString())

    async def terminate(self, name, job_id):
        """End a job, as LiveKit does where its agent has left or its room is gone."""
        message = wire.ServerMessage()
        message.termination.job_id = job_id
        await self.workers[name].socket.send_bytes(message.SerializeToString())

    def agent(self, name, runner=""):
        """An agent of some runner, as a participant."""
        return models.ParticipantInfo(
            identity=f"agent-{name}",
            kind=models.ParticipantInfo.AGENT,
            attributes={"lk.agent.name": name, "lkrun.runner": runner},
        )

    def room(self, name, *, dispatches=(), agents=(), people=1, runner=""):
        """A room with callers, dispatches (id → agent) and agents that are there."""
        listed = [self.agent(a, runner) for a in agents] + [
            models.ParticipantInfo(identity=f"c{n}") for n in range(people)
        ]
        self.rooms[name] = SimpleNamespace(dispatches=dict(dispatches), people=listed)

    async def _twirp(self, request):
        method = request.match_info["method"]
        self.asked.append(method)
        data = await request.read()
        answer = getattr(self, f"_{method}")(data)
        await self._tell()
        if answer is None:
            return web.json_response({"code": "not_found", "msg": "no"}, status=404)
        return web.Response(body=answer.SerializeToString(), content_type="application/protobuf")

    def _ListRooms(self, _):  # noqa: N802 - the method's name
        return api.ListRoomsResponse(rooms=[models.Room(name=name) for name in self.rooms])

    def _ListParticipants(self, data):  # noqa: N802 - LiveKit's name of the call
        request = api.ListParticipantsRequest.FromString(data)
        room = self.rooms.get(request.room)
        return None if room is None else api.ListParticipantsResponse(participants=room.people)

    def _UpdateParticipant(self, data):  # noqa: N802 - LiveKit's name of the call
        request = api.UpdateParticipantRequest.FromString(data)
        self.named.append(request)
        return models.ParticipantInfo(identity=request.identity)

    def _ListDispatch(self, data):  # noqa: N802 - LiveKit's name of the call
        room = api.ListAgentDispatchRequest.FromString(data).room
        agents = self.rooms[room].dispatches.items()
        return api.ListAgentDispatchResponse(
            agent_dispatches=[
                api.AgentDispatch(id=i, agent_name=a, room=room, metadata="m") for i, a in agents
            ]
        )

    def _DeleteDispatch(self, data):  # noqa: N802 - LiveKit's name of the call
        request = api.DeleteAgentDispatchRequest.FromString(data)
        room = self.rooms.get(request.room)
        if room is None or request.dispatch_id not in room.dispatches:
            return None
        del room.dispatches[request.dispatch_id]
        return api.AgentDispatch(id=request.dispatch_id)

    def _CreateDispatch(self, data):  # noqa: N802 - LiveKit's name of the call
        request = api.CreateAgentDispatchRequest.FromString(data)
        new = f"AD_new{len(self.asked)}"
        self.rooms[request.room].dispatches[new] = request.agent_name
        assert request.metadata == "m"
        return api.AgentDispatch(id=new)

    def _RemoveParticipant(self, data):  # noqa: N802 - LiveKit's name of the call
        request = api.RoomParticipantIdentity.FromString(data)
        room = self.rooms.get(request.room)
        if room is None:
            return None
        room.people = [p for p in room.people if p.identity != request.identity]
        return api.RemoveParticipantResponse()

    def _DeleteRoom(self, data):  # noqa: N802 - LiveKit's name of the call
        request = api.DeleteRoomRequest.FromString(data)
        return api.DeleteRoomResponse() if self.rooms.pop(request.room, None) else None
