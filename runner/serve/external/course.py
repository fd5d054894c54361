"""One LiveKit job of an external agent, from its assignment to its end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from runner.external.waits import reserve
from runner.serve.external import presence
from runner.serve.external.posting import Offered
from runner.serve.external.presence import GONE, Ended, Presence
from runner.serve.external.room import TROUBLES

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from livekit.protocol import agent as wire

    from runner.external.jobs import Status
    from runner.serve.external.program import JobHost, Program


class Course:
    """Sees one job through: all its programs at the same time, and the fallback."""

    def __init__(self, jobs: JobHost, about: wire.Job, name: str, ended: asyncio.Event) -> None:
        self._jobs, self._about, self._name, self._ended = jobs, about, name, ended
        self._room = about.room.name
        self._presence = Presence(jobs, about)

    async def run(self) -> str:
        """Do so; gives why it failed, or nothing."""
        loop = asyncio.get_running_loop()
        spec = self._jobs.spec(self._name)
        if spec is None:
            return "there is no such external agent any more"
        until = loop.time() + spec.deadline - reserve(spec.deadline)
        programs = self._jobs.programs(self._about, self._name, until)
        return await self._seen(programs, self._see_through)

    async def resume(self, programs: list[Program]) -> str:
        """The same for programs that have accepted: another runner had offered them the job."""
        return await self._seen(programs, self._go_on)

    async def _seen(
        self, programs: list[Program], see: Callable[[Program], Coroutine[Any, Any, None]]
    ) -> str:
        loop = asyncio.get_running_loop()
        over = loop.create_task(self._ended.wait())
        tasks = [loop.create_task(see(each)) for each in programs]
        try:
            error = await self._outcome(programs, tasks, over)
        finally:
            over.cancel()
            for task in tasks:
                task.cancel()
            try:
                await asyncio.gather(over, *tasks, return_exceptions=True)
            finally:  # the runner may end just now
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
        if await self._any_joined(programs, over):
            if not await self._all_over(programs, tasks, over):
                await self._break_off(programs, tasks)
            return await self._ended_well(programs)
        if over.done():
            await self._called_off(programs)
            await self._break_off(programs, tasks)
        else:
            await asyncio.gather(*tasks)
        if all(each.job.status == "cancelled" for each in programs):
            return "cancelled"
        error = programs[0].job.error or "nobody has joined"
        if error != GONE:
            await self._jobs.stand_in(self._about, self._name, error)
        return error

    async def _all_over(
        self,
        programs: list[Program],
        tasks: list[asyncio.Task[None]],
        over: asyncio.Task[bool],
    ) -> bool:
        """Return when all programs are done; whether they are, and not only their room gone.

        LiveKit ends a job where its program has left, too: one whose connection was lost may come
        back, and others of the job may still be there.
        """
        waiting: set[asyncio.Task[Any]] = set(tasks)
        while waiting and not over.done():
            _, waiting = await asyncio.wait({*waiting, over}, return_when="FIRST_COMPLETED")
            waiting.discard(over)
        if waiting:
            if await self._called_off(programs) == "gone":
                return False
            for each in programs:
                each.changed.set()  # look soon whether it is still there
        await asyncio.gather(*tasks)
        return True

    async def _called_off(self, programs: list[Program]) -> Ended:
        """LiveKit has ended the job: cancel it, where somebody wants it no more; why it has."""
        why = await self._presence.why_ended()
        if why == "called off":
            for each in programs:
                self._jobs.cancel(each.job)
        return why

    async def _ended_well(self, programs: list[Program]) -> str:
        """Why it failed, or nothing, where somebody had joined."""
        bad = [each.job for each in programs if each.job.status != "success"]
        if len(bad) < len(programs):
            return ""
        error = bad[0].error or bad[0].status
        if any(job.status == "cancelled" for job in bad):
            return error
        if any(job.error == presence.LEFT for job in bad):
            await self._take_over(error)
        else:  # it has reported that it failed: LiveKit hears so before it may have left
            self._jobs.beside(self._watched(error))
        return error

    async def _take_over(self, error: str) -> bool:
        """Have a caller taken who was left behind; whether there is such a one."""
        alone = await self._presence.left_alone()
        if alone:
            await self._jobs.stand_in(self._about, self._name, error)
        return alone

    async def _watched(self, error: str) -> None:
        """Have the caller taken, should programs leave that have said that they failed."""
        loop = asyncio.get_running_loop()
        until = loop.time() + presence.GRACE
        while loop.time() < until:
            if await self._take_over(error):
                return
            await asyncio.sleep(presence.JOINING)

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

    async def _break_off(self, programs: list[Program], tasks: list[asyncio.Task[None]]) -> None:
        """End what is still on: the room is gone, and whoever joined has left."""
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in programs:
            status: Status = "success" if each.job.joined else "failed"
            self._jobs.advance(each.job, status, "" if each.job.joined else GONE)
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

    async def _go_on(self, program: Program) -> None:
        try:
            await self.follow(program, Offered("accepted"))
        finally:
            program.settle(joined=False)
            if program.job.over:
                self._jobs.tell_end(program)

    async def follow(self, program: Program, offered: Offered) -> None:
        """Wait for a program that has accepted, and until it is done."""
        if program.job.joined or await self._presence.joins(program):
            await self._name_it(program, offered)
            program.settle(joined=True)
            await self._presence.stays(program)
        elif program.job.over:  # it may be there and have gone between two looks
            program.settle(joined=program.job.status == "success")
        else:
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

    async def _name_it(self, program: Program, offered: Offered) -> None:
        if offered.reply is not None:
            with contextlib.suppress(*TROUBLES):
                await self._jobs.rooms.name(program.job, offered.reply)
