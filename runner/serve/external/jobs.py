"""All jobs of external agents: those that are on, and the last that are over."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from runner.egress.policy.breaker import Breaker
from runner.external.addresses import chosen
from runner.external.jobs import Job, Status
from runner.serve.external import letters
from runner.serve.external.apologies import language_of
from runner.serve.tasks import Tasks
from runner.texts import USUAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from livekit.protocol import agent as wire

    from runner.delivery.letters import Letter
    from runner.delivery.spool import Delivery
    from runner.egress.client import HttpEgress
    from runner.external.messages import JobReply
    from runner.schema.external_agents import ExternalAgent
    from runner.serve.credentials import LiveKit
    from runner.serve.external.health import Health
    from runner.serve.external.posting import Offered
    from runner.serve.external.program import Program
    from runner.serve.external.room import RoomService
    from runner.serve.log import Log
    from runner.serve.releases.served import Releases

FAILURES: Final = 5
OPEN_FOR: Final = 30.0
"""After so many failures in a row a program is left alone, for so many seconds."""

_KEPT: Final = 1000
"""Jobs that are remembered, those that are on besides."""


class ExternalJobs:
    """What main knows of external agents and their jobs.

    Attributes:
        egress: sends requests.
        base: the address where the front listens → that by which programs elsewhere reach it.
        listening: where the front listens.
        counts: (agent, status) → jobs that ended so.
    """

    def __init__(  # noqa: PLR0913 - the parts that it needs, by name
        self,
        livekit: LiveKit | None,
        releases: Releases,
        log: Log,
        egress: HttpEgress,
        health: Health,
        *,
        env: Mapping[str, str],
        send: Callable[[Letter], None],
    ) -> None:
        self._livekit, self._releases, self._log = livekit, releases, log
        self._env, self._health = env, health
        self.egress, self._letters = egress, send
        self.base: Callable[[str], str] = lambda listening: listening
        self.listening = ""
        self.counts: Counter[tuple[str, str]] = Counter()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._programs: dict[str, Program] = {}
        self._rooms: Counter[str] = Counter()
        self._breakers: dict[str, Breaker] = {}
        self._gone: dict[str, str] = {}
        self._service: RoomService | None = None
        self._tasks = Tasks()

    @property
    def rooms(self) -> RoomService:
        """LiveKit's rooms."""
        if self._service is None:
            from runner.serve.external.room import RoomService

            if self._livekit is None:
                raise RuntimeError("no LiveKit")
            self._service = RoomService(self._livekit)
        return self._service

    async def stop(self) -> None:
        """End what runs beside."""
        await self._tasks.cancel()
        if self._service is not None:
            await self._service.aclose()

    # what is asked of the files

    def spec(self, name: str) -> ExternalAgent | None:
        """An external agent as it is served now."""
        return self._releases.current.external_agents.get(name)

    def reloaded(self) -> None:
        """Another release is served: programs that said that they are gone are asked again."""
        self._gone.clear()

    def breaker(self, name: str) -> Breaker:
        """The breaker of an external agent."""
        return self._breakers.setdefault(name, Breaker(name, FAILURES, OPEN_FOR))

    def unavailable(self, name: str) -> str | None:
        """Why a program is not even asked, or None."""
        if name in self._gone:
            return self._gone[name]
        return self._health.problem(name)

    def patience(self, name: str) -> float | None:
        """Seconds in which a program, or its fallback, should be in a room; None: not external."""
        spec = self.spec(name)
        return None if spec is None else spec.deadline + 5.0

    def serves(self, room: str) -> bool:
        """Whether a job of this runner is on in a room."""
        return self._rooms[room] > 0

    # what LiveKit has to do

    def kinds(self, name: str) -> tuple[str, ...]:
        """For which kinds of jobs a name is registered; none: it is not an external agent."""
        spec = self.spec(name)
        return tuple(dict.fromkeys(spec.job_types)) if spec is not None else ()

    async def take(self, name: str, about: wire.Job, ended: asyncio.Event) -> str:
        """See one job through; gives why it failed, or nothing."""
        from runner.serve.external.course import Course

        room = about.room.name
        self._rooms[room] += 1
        try:
            return await Course(self, about, name, ended).run()
        finally:
            self._rooms[room] -= 1

    def programs(self, about: wire.Job, name: str, until: float) -> list[Program]:
        """Those that are wanted for a job: the one itself, and those that it names besides."""
        served = self._releases.current.external_agents
        also = [str(n) for n in served[name].also if str(n) in served]
        return [self.program(about, each, served[each], until) for each in (name, *also)]

    def program(self, about: wire.Job, name: str, spec: ExternalAgent, until: float) -> Program:
        """A program for a job; for one that is known, the same job again."""
        from livekit.protocol import agent as wire

        from runner.serve.external.posting import Offer
        from runner.serve.external.program import Program

        own = name == (about.agent_name or name)
        kind = wire.JobType.Name(about.type)
        number = about.id if own else f"{about.id}-{name}"
        job = self._jobs.get(number) or Job(
            number, name, kind if kind == "JT_PUBLISHER" else "JT_ROOM", about.room.name,
            about.dispatch_id, f"agent-{number}",
        )  # fmt: skip
        self._keep(job)
        offer = Offer(
            job, spec, self._address(spec), about, self.rooms.url,
            partial(self.rooms.token, job, spec.token_ttl),
            f"{self.base(self.listening)}/v1/jobs/{number}/status", until,
        )  # fmt: skip
        program = Program(offer, asyncio.get_running_loop().create_future())
        self._programs[number] = program
        self._log.event("external_job", f"{name}: a job for room {job.room}", **_about(job))
        return program

    def _address(self, spec: ExternalAgent) -> str:
        regions = {str(n): str(url) for n, url in spec.regions.items()}
        return chosen(
            str(spec.webhook_url), regions, self._env.get("LKRUN_REGION", ""),
            self._health.milliseconds,
        )  # fmt: skip

    def _keep(self, job: Job) -> None:
        self._jobs[job.id] = job
        old = [
            name for name, each in self._jobs.items() if each.over and name not in self._programs
        ]
        for name in old[: max(0, len(self._jobs) - _KEPT)]:
            del self._jobs[name]

    def accepted(self, program: Program, reply: JobReply | None) -> None:
        """A program has said yes."""
        job = program.job
        if reply is not None and reply.participant_identity not in (None, job.identity):
            words = f"{job.agent}: it is {job.identity} in the room, whatever its answer says"
            self._log.event(
                "external_identity", words, level="warning", agent=job.agent, job=job.id
            )
        self.advance(job, "accepted")
        program.job.accepted = True
        self._letters(letters.requested(program, "sent", ""))

    def joined(self, job: Job) -> None:
        """A program was seen in its room."""
        from datetime import UTC, datetime

        job.joined = job.joined or datetime.now(UTC)
        self.advance(job, "running")
        words = f"{job.agent}: the program is in room {job.room}"
        self._log.event("external_joined", words, **_about(job))

    def left(self, job: Job, error: str) -> None:
        """A program has left its caller behind: the job has failed."""
        if self.advance(job, "failed", error):
            self.counts[job.agent, "left"] += 1

    def refused(self, program: Program, offered: Offered) -> None:
        """A program will not come."""
        job, error = program.job, self.egress.hide(offered.error)
        if offered.outcome == "gone":
            self._gone[job.agent] = "it said that it is gone (410); a reload asks it again"
            words = f"{job.agent} said that it is gone: it gets no more calls until a reload"
            self._log.event("external_gone", words, level="error", agent=job.agent)
        self.advance(job, "rejected" if offered.outcome == "rejected" else "failed", error)
        if job.attempts:
            state = "sent" if offered.outcome == "rejected" else "given_up"
            self._letters(letters.requested(program, state, error))

    def advance(self, job: Job, status: Status, error: str = "") -> bool:
        """Note how a job goes, and wake who waits for it."""
        if not job.advance(status, self.egress.hide(error)):
            return False
        if job.over:
            self.counts[job.agent, job.status] += 1
            level = "info" if job.status in ("success", "cancelled") else "warning"
            why = f": {job.error}" if job.error else ""
            words = f"{job.agent}: the job in room {job.room} ended: {job.status}{why}"
            self._log.event("external_ended", words, level=level, **_about(job))
        if (program := self._programs.get(job.id)) is not None:
            program.changed.set()
        return True

    def done(self, programs: list[Program]) -> None:
        """A job is over for LiveKit; what it was is remembered."""
        for each in programs:
            self._programs.pop(each.job.id, None)
            if not each.job.over:
                each.job.advance("failed", "the runner has ended")

    async def stand_in(self, about: wire.Job, name: str, error: str) -> None:
        """Nobody has joined: the fallback takes the call, or an apology is said."""
        from runner.serve.external.stand_in import StandIn

        spec = self.spec(name)
        fallback = str(spec.fallback) if spec is not None and spec.fallback is not None else None
        language = language_of(spec, self._releases.current) if spec is not None else USUAL
        done = await StandIn(self.rooms, self._log).take(about, name, fallback, language, error)
        self.counts[name, done] += 1

    def keep_out(self, program: Program) -> None:
        """A program that is too late does not talk beside who took its place."""
        self._letters(letters.cancelled(program, "it did not join in time"))
        self._tasks.spawn(self._kept_out(program))

    async def _kept_out(self, program: Program) -> None:
        from runner.serve.external.presence import STAYING
        from runner.serve.external.room import TROUBLES

        job, until = program.job, time.monotonic() + program.offer.spec.token_ttl
        while time.monotonic() < until:
            try:
                people = await self.rooms.people(job.room)
                if people is None:
                    return
                if job.identity in people:
                    await self.rooms.remove(job.room, job.identity)
            except TROUBLES:
                pass
            await asyncio.sleep(STAYING)

    def tell_end(self, program: Program) -> None:
        """Have a program told that its job is over, once."""
        if not program.job.told_end:
            program.job.told_end = True
            self._letters(letters.ended(program))

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something until it is done, or the runner ends."""
        self._tasks.spawn(work)

    async def offer_again(self, delivery: Delivery, spec: str) -> None:
        """Offer a job anew that nobody took.

        Raises:
            NotDeliveredError: the room is gone, or the program does not take it.
        """
        from runner.serve.external import again

        await again.offer(self, delivery, spec)

    async def has_room(self, room: str) -> bool:
        """Whether there is such a room."""
        from runner.serve.external.room import TROUBLES

        try:
            return self._livekit is not None and await self.rooms.people(room) is not None
        except TROUBLES:
            return False

    # what is asked from outside

    def all(self) -> list[Job]:
        """All that are known, the newest first."""
        return list(reversed(self._jobs.values()))

    def get(self, name: str) -> Job | None:
        """One of them."""
        return self._jobs.get(name)

    def cancel(self, job: Job) -> bool:
        """End one; whether it was on."""
        program = self._programs.get(job.id)
        if not self.advance(job, "cancelled"):
            return False
        if program is not None and job.attempts:
            self._letters(letters.cancelled(program, "it was cancelled"))
        return True

    def gone(self, name: str) -> bool:
        """Whether a program has said that it is gone."""
        return name in self._gone

    def health(self, name: str) -> dict[str, Any]:
        """What is known of the health of an external agent."""
        return self._health.to_data(name)


def _about(job: Job) -> dict[str, Any]:
    """What the log says of a job."""
    return {
        "agent": job.agent, "job": job.id, "room": job.room, "status": job.status,
        "attempts": job.attempts, "error": job.error or None,
    }  # fmt: skip
