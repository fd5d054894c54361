"""All jobs of external agents: those that are on, and the last that are over."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from runner.external.jobs import Job, Status
from runner.serve.external import letters
from runner.serve.external.apologies import language_of
from runner.serve.external.services import ExternalServices
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
    from runner.serve.external.resuming import Left
    from runner.serve.external.room import RoomService
    from runner.serve.external.shelf import JobShelf
    from runner.serve.log import Log
    from runner.serve.releases.served import Releases

_ADOPTING: Final = 2.0
"""Seconds between looks for jobs of runners that are no more."""

_KEPT: Final = 1000
"""Jobs that are remembered, those that are on besides."""


class ExternalJobs(ExternalServices):
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
        shelf: JobShelf,
    ) -> None:
        super().__init__(releases, health, env)
        self._livekit, self._log = livekit, log
        self.egress, self._letters = egress, send
        self.base: Callable[[str], str] = lambda listening: listening
        self.listening = ""
        self.counts: Counter[tuple[str, str]] = Counter()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._programs: dict[str, Program] = {}
        self._rooms: Counter[str] = Counter()
        self._service: RoomService | None = None
        self._tasks = Tasks()
        self._shelf, self._left = shelf, 0

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
        """End what runs beside; programs that are in calls stay there."""
        await self._tasks.cancel()
        await self._shelf.aclose()
        if self._left:
            calls = "1 call goes" if self._left == 1 else f"{self._left} calls go"
            words = (
                f"{calls} on with programs of external agents: the next runner of this folder "
                "looks after them"
            )
            self._log.event("external_left", words, jobs=self._left)
        if self._service is not None:
            await self._service.aclose()

    def serves(self, room: str) -> bool:
        """Whether a job of this runner is on in a room."""
        return self._rooms[room] > 0

    async def take(self, name: str, about: wire.Job, ended: asyncio.Event) -> str:
        """See one job through; gives why it failed, or nothing."""
        from runner.serve.external.course import Course

        with self._serving(about.room.name):
            return await Course(self, about, name, ended).run()

    @contextmanager
    def _serving(self, room: str) -> Iterator[None]:
        self._rooms[room] += 1
        try:
            yield
        finally:
            self._rooms[room] -= 1

    @property
    def on(self) -> int:
        """How many jobs are on."""
        return len(self._programs)

    async def follow_others(self) -> None:
        """Go on with what other runners leave, until cancelled."""
        while True:
            await self.adopt()
            await asyncio.sleep(_ADOPTING)

    async def adopt(self) -> None:
        """Go on with jobs that runners have left that are no more."""
        from runner.serve.external import resuming

        if self._livekit is not None:
            for group in resuming.groups(await self._shelf.adopt()):
                self._tasks.spawn(self._resumed(resuming.Left(self, group)))

    async def _resumed(self, left: Left) -> None:
        with self._serving(left.room):
            await left.see_through()

    def programs(self, about: wire.Job, name: str, until: float) -> list[Program]:
        """Those that are wanted for a job: the one itself, and those that it names besides."""
        served = self._releases.current.external_agents
        also = [str(n) for n in served[name].also if str(n) in served]
        return [self.program(about, each, served[each], until) for each in (name, *also)]

    def program(
        self, about: wire.Job, name: str, spec: ExternalAgent, until: float, url: str = ""
    ) -> Program:
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
        self.know(job)
        offer = Offer(
            job, spec, url or self.address(spec), about, self.rooms.url,
            partial(self.rooms.token, job, spec.token_ttl),
            f"{self.base(self.listening)}/v1/jobs/{number}/status", until,
        )  # fmt: skip
        program = Program(offer, asyncio.get_running_loop().create_future(), main=about.agent_name)
        self._programs[number] = program
        if url:
            words = f"{name}: its job in room {job.room} was left by a runner that is no more"
            self._log.event("external_resumed", words, **_about(job))
        else:
            self._log.event("external_job", f"{name}: a job for room {job.room}", **_about(job))
        return program

    def know(self, job: Job) -> None:
        """Have a job among those that are known."""
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
        job.accepted = True
        self.advance(job, "accepted")
        self._letters(letters.requested(program, "sent", ""))

    def joined(self, job: Job) -> None:
        """A program was seen in its room."""
        from datetime import UTC, datetime

        job.joined = job.joined or datetime.now(UTC)
        if not self.advance(job, "running"):  # its program has said so before
            self._note(job)
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
        self._note(job)
        return True

    def _note(self, job: Job) -> None:
        """Keep a job that a program is in, for the next runner; forget one that is over."""
        program = self._programs.get(job.id)
        if job.over:
            self._shelf.forget(job)
        elif job.accepted and program is not None:
            self._shelf.keep(program, program.main or job.agent)

    def done(self, programs: list[Program]) -> None:
        """A job is over for LiveKit; what it was is remembered."""
        for each in programs:
            self._programs.pop(each.job.id, None)
            if not each.job.over:
                self._left += each.job.accepted
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
        from runner.serve.external.presence import keep_out

        self._letters(letters.cancelled(program, "it did not join in time"))
        self._tasks.spawn(keep_out(self, program))

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


def _about(job: Job) -> dict[str, Any]:
    """What the log says of a job."""
    return {
        "agent": job.agent, "job": job.id, "room": job.room, "status": job.status,
        "attempts": job.attempts, "error": job.error or None,
    }  # fmt: skip
