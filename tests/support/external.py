"""Jobs of external agents with a stand-in of LiveKit and real programs."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from livekit.protocol import agent as wire
from livekit.protocol import models
from support.fake_livekit import KEY, SECRET, FakeLiveKit
from support.program import SECRET as SIGNING
from support.program import Program
from support.waiting import until

from runner.egress.client import HttpEgress
from runner.egress.secrets import Secrets
from runner.link.release import Release
from runner.schema.external_agents import ExternalAgent
from runner.secret import Secret
from runner.serve.credentials import LiveKit
from runner.serve.external import apology
from runner.serve.external.health import Health
from runner.serve.external.jobs import ExternalJobs
from runner.serve.external.shelf import JobShelf
from runner.serve.workers.neighbours import Neighbours
from runner.serve.workers.registrations import Workers

SUCCESS, FAILED = wire.JobStatus.JS_SUCCESS, wire.JobStatus.JS_FAILED


class Joining(Program):
    """Joins a room of the stand-in, and leaves it when it is told."""

    livekit = None

    async def join(self, job):
        people = self.livekit.rooms[job["room"]["name"]].people
        identity = job["participant_identity"]
        kind = models.ParticipantInfo.AGENT
        people.append(models.ParticipantInfo(identity=identity, kind=kind))
        self.rooms.append(job)
        await self._tell()

    def leave(self, job):
        room = self.livekit.rooms[job["room"]["name"]]
        identity = job["participant_identity"]
        room.people = [each for each in room.people if each.identity != identity]

    async def __aexit__(self, *_):
        self.rooms = []
        await super().__aexit__()


class World:
    """A stand-in of LiveKit, the registrations, and what was said to callers."""

    def __init__(self, livekit, jobs, workers, releases):
        self.livekit, self.jobs, self.workers, self.releases = livekit, jobs, workers, releases
        self.letters, self.apologies = [], []

    def serve(self, program, **keys):
        """Serve the external agent `guide`, with the fallback `desk`, and others by name."""
        agents = {"guide": self._spec(program, **{"fallback": "desk", **keys})}
        agents |= {name: self._spec(p) for name, p in getattr(program, "others", {}).items()}
        current = self.releases.current
        self.releases.swap(Release(agents=current.agents, external_agents=agents))
        self.jobs.reloaded()
        self.workers.follow(sorted(agents))

    def _spec(self, program, **keys):
        retry = {"max_retries": "1", "initial_wait": "10ms"}
        return ExternalAgent.model_validate(
            {
                "webhook_url": program.url, "secret": ["{{ secrets.GUIDE }}"], "deadline": "5s",
                "join_timeout": "300ms", "timeout": "2s", "retry": retry, **keys,
            }
        )  # fmt: skip

    async def call(self, number="1", name="guide"):
        """Have LiveKit give a job; its id."""
        await self.livekit.until(lambda: name in self.livekit.workers)
        job, room = f"AJ_{number}", f"room-{number}"
        self.livekit.room(room, dispatches={f"AD_{number}": name})
        answer = await self.livekit.offer(name, job, room, f"AD_{number}")
        assert answer.available
        await self.livekit.assign(name, job)
        return job

    def status(self, job):
        """What a job is; nothing where it has not come yet."""
        known = self.jobs.get(job)
        return known.status if known else None

    def hang_up(self, number="1"):
        """Let the caller leave: only agents are in the room."""
        room = self.livekit.rooms[f"room-{number}"]
        room.people = [p for p in room.people if p.kind == models.ParticipantInfo.AGENT]

    async def running(self, number="1"):
        """Have LiveKit give a job whose program joins; its id."""
        job = await self.call(number)
        await until(lambda: self.status(job) == "running")
        return job

    async def ended(self, job):
        """How LiveKit was told that a job ended."""
        await self.livekit.until(
            lambda: self.livekit.jobs.get(job, [(1,)])[-1][0] in (SUCCESS, FAILED)
        )
        return self.livekit.jobs[job][-1]

    def called(self, number="1"):
        """The agents that are called into a room now."""
        return list(self.livekit.rooms[f"room-{number}"].dispatches.values())

    def told(self, kind):
        """The messages of a kind that programs are to be sent, or were."""
        return [each for each in self.letters if each.kind.endswith(kind)]


@asynccontextmanager
async def worlds(store, releases, admission, calls):
    """A world with a runner, which ends with nothing left over."""
    livekit, log = FakeLiveKit(), calls._log
    await livekit.start()
    egress = HttpEgress(Secrets({"GUIDE": SIGNING}), env={})
    where = LiveKit(livekit.url, KEY, Secret(SECRET))
    made = World(livekit, None, None, releases)
    made.log, made.data = log, store.root / "data"

    async def say(_rooms, room, said):
        made.apologies.append((room, said.language))

    said_before, apology.say = apology.say, say
    health = Health(releases, egress, log)

    def runner():
        jobs = ExternalJobs(
            where, releases, log, egress, health,
            env={}, send=made.letters.append, shelf=JobShelf(lambda: made.data),
        )  # fmt: skip
        jobs.listening = "http://127.0.0.1:1"
        return jobs

    jobs, made.runner = runner(), runner
    made.jobs = jobs
    made.health, made.egress = health, egress
    workers = made.workers = Workers(
        where, store.root, admission, calls, log, neighbours=Neighbours(None), external=jobs
    )
    try:
        yield made
    finally:
        apology.say = said_before
        await workers.stop()
        await jobs.stop()
        await egress.aclose()
        await livekit.stop()
    assert not jobs._programs
    assert not [t for t in asyncio.all_tasks() if "external" in str(t.get_coro())]


@asynccontextmanager
async def joining(world, *answers, **how):
    async with Joining(*answers, **how) as program:
        program.livekit = world.livekit
        yield program
