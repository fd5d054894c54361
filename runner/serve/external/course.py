"""One LiveKit job of an external agent, from its assignment to its end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

from runner.external.waits import reserve
from runner.serve.external.posting import Offered
from runner.serve.external.room import TROUBLES

if TYPE_CHECKING:
    from livekit.protocol import agent as wire

    from runner.external.jobs import Status
    from runner.serve.external.program import JobHost, Program

JOINING: Final = 0.5
"""Seconds between looks for a program that is to join."""

STAYING: Final = 2.0
"""Seconds between looks for one that is in the room."""

GRACE: Final = 10.0
"""Seconds in which a program that is cancelled leaves by itself."""

_MISSED: Final = 2
"""Looks in a row in which a program is not in its room, after which it has left."""


_GONE: Final = "the caller has gone"


class Course:
    """Sees one job through: all its programs at the same time, and the fallback."""

    def __init__(self, jobs: JobHost, about: wire.Job, name: str, ended: asyncio.Event) -> None:
        self._jobs, self._about, self._name, self._ended = jobs, about, name, ended
        self._room = about.room.name

    async def run(self) -> str:
        """Do so; gives why it failed, or nothing."""
        loop = asyncio.get_running_loop()
        spec = self._jobs.spec(self._name)
        if spec is None:
            return "there is no such external agent any more"
        until = loop.time() + spec.deadline - reserve(spec.deadline)
        programs = self._jobs.programs(self._about, self._name, until)
        over = loop.create_task(self._ended.wait())
        tasks = [loop.create_task(self._see_through(each)) for each in programs]
        try:
            error = await self._outcome(programs, tasks, over)
        finally:
            over.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.gather(over, *tasks, return_exceptions=True)
            self._jobs.done(programs)
        # not where the runner ends before anybody has joined: another one may take the call
        await self._forget()
        return error

    async def _outcome(
        self,
        programs: list[Program],
        tasks: list[asyncio.Task[None]],
        over: asyncio.Task[bool],
    ) -> str:
        """Why it failed, or nothing."""
        joined = await self._any_joined(programs, over)
        if joined:
            await self._all_over(tasks, over)
        await self._finish(programs, tasks)
        if joined:
            bad = [each.job for each in programs if each.job.status != "success"]
            return "" if len(bad) < len(programs) else bad[0].error or bad[0].status
        if over.done():
            return _GONE
        if all(each.job.status == "cancelled" for each in programs):
            return "cancelled"
        error = programs[0].job.error or "nobody has joined"
        if error != _GONE:
            await self._jobs.stand_in(self._about, self._name, error)
        return error

    async def _all_over(self, tasks: list[asyncio.Task[None]], over: asyncio.Task[bool]) -> None:
        """Return when all programs are done, or LiveKit has ended the job."""
        waiting: set[asyncio.Task[Any]] = set(tasks)
        while waiting and not over.done():
            _, waiting = await asyncio.wait({*waiting, over}, return_when="FIRST_COMPLETED")
            waiting.discard(over)

    async def _forget(self) -> None:
        if self._about.dispatch_id:
            with contextlib.suppress(*TROUBLES):
                await self._jobs.rooms.forget(self._about.dispatch_id, self._room)

    async def _any_joined(self, programs: list[Program], over: asyncio.Task[bool]) -> bool:
        """Whether one has joined, as soon as one has or none will."""
        waiting: set[asyncio.Future[bool]] = {each.joined for each in programs}
        while waiting:
            done, waiting = await asyncio.wait({*waiting, over}, return_when="FIRST_COMPLETED")
            waiting.discard(over)
            if any(each.result() for each in done if each is not over):
                return True
            if over in done:
                return False
        return False

    async def _finish(self, programs: list[Program], tasks: list[asyncio.Task[None]]) -> None:
        """End what is still on: LiveKit has ended the job, so whoever joined has left."""
        if not self._ended.is_set():
            await asyncio.gather(*tasks)
            return
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in programs:
            status: Status = "success" if each.job.joined else "failed"
            self._jobs.advance(each.job, status, "" if each.job.joined else _GONE)
            if each.job.accepted:
                self._jobs.tell_end(each)  # its task was cancelled before the job was over

    async def _see_through(self, program: Program) -> None:
        job = program.job
        try:
            offered = await self._offered(program)
            if offered is None:
                return  # cancelled
            if offered.outcome != "accepted":
                self._jobs.refused(program, offered)
                return
            self._jobs.accepted(program, offered.reply)
            await self.follow(program, offered)
        finally:
            program.settle(joined=False)
            if job.accepted and job.over:
                self._jobs.tell_end(program)

    async def follow(self, program: Program, offered: Offered) -> None:
        """Wait for a program that has accepted, and until it is done."""
        if await self._joins(program):
            await self._name_it(program, offered)
            program.settle(joined=True)
            await self._stays(program)
        elif not program.job.over:
            self._jobs.advance(program.job, "failed", "it accepted, but did not join in time")
            self._jobs.keep_out(program)

    async def _offered(self, program: Program) -> Offered | None:
        """What came of the offer; None where the job was cancelled meanwhile."""
        jobs, name = self._jobs, program.job.agent
        why = jobs.unavailable(name)
        if why is not None:
            return Offered("failed", why)
        loop = asyncio.get_running_loop()
        making = loop.create_task(program.offer.made(jobs.egress, jobs.breaker(name)))
        changed = loop.create_task(program.changed.wait())
        try:
            await asyncio.wait({making, changed}, return_when="FIRST_COMPLETED")
            if program.job.over:
                return None
            return await making
        finally:
            for task in (making, changed):
                task.cancel()
            await asyncio.gather(making, changed, return_exceptions=True)

    async def _joins(self, program: Program) -> bool:
        """Whether it joins in time."""
        loop, offer = asyncio.get_running_loop(), program.offer
        until = min(offer.until, loop.time() + offer.spec.join_timeout)
        while not program.job.over:
            present = await self._present(program)
            if present is None:
                self._jobs.advance(program.job, "failed", _GONE)
                return False
            if present:
                self._jobs.joined(program.job)
                return True
            left = until - loop.time()
            if left <= 0:
                return False
            await self._pause(program, min(JOINING, left))
        return False

    async def _stays(self, program: Program) -> None:
        """Return when the job is over: it says so, leaves, or is taken out."""
        missed, job = 0, program.job
        while not job.over:
            await self._pause(program, STAYING)
            if job.over:
                break
            present = await self._present(program)
            missed = 0 if present else missed + 1
            if present is None or missed >= _MISSED:
                self._jobs.advance(job, "success")
        if job.status == "cancelled":
            await self._sent_away(program)

    async def _sent_away(self, program: Program) -> None:
        """Wait until a program that is cancelled has left; take it out after a while."""
        loop = asyncio.get_running_loop()
        until = loop.time() + GRACE
        while loop.time() < until:
            if not await self._present(program):
                return
            await asyncio.sleep(JOINING)
        with contextlib.suppress(*TROUBLES):
            await self._jobs.rooms.remove(program.job.room, program.job.identity)

    async def _present(self, program: Program) -> bool | None:
        """Whether it is in its room; None where that is gone."""
        try:
            people = await self._jobs.rooms.people(program.job.room)
        except TROUBLES:
            return program.job.joined is not None  # LiveKit is asked again soon
        return None if people is None else program.job.identity in people

    async def _name_it(self, program: Program, offered: Offered) -> None:
        if offered.reply is not None:
            with contextlib.suppress(*TROUBLES):
                await self._jobs.rooms.name(program.job, offered.reply)

    async def _pause(self, program: Program, seconds: float) -> None:
        """Wait, or until somebody says how the job goes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await program.changed.wait()
        program.changed.clear()
