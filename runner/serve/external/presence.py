"""Who is in the room of a job: whether its program has come, stays, and leaves a caller behind."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Literal

from livekit.protocol.models import ParticipantInfo

from runner.serve.external.room import TROUBLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from livekit.protocol import agent as wire

    from runner.external.jobs import Job
    from runner.serve.external.program import JobHost, Program

JOINING: Final = 0.5
"""Seconds between looks for a program that is to join, or may come back."""

STAYING: Final = 2.0
"""Seconds between looks for one that is in the room."""

BACK: Final = 3.0
"""Seconds in which a program whose connection was lost comes back; then it has left."""

GRACE: Final = 10.0
"""Seconds in which a program leaves by itself that is cancelled, or has reported that it failed."""

GONE: Final = "the caller has gone"
LEFT: Final = "the program left while the caller was still there, and had not reported success"

_NO_CALLERS: Final = frozenset({ParticipantInfo.AGENT, ParticipantInfo.EGRESS})


Ended = Literal["gone", "called off", "left"]
"""Why LiveKit ends a job: its room is gone, its dispatch was deleted, or its program has left."""


class Presence:
    """Looks into the room of one of LiveKit's jobs."""

    def __init__(self, jobs: JobHost, about: wire.Job) -> None:
        self._jobs, self._about, self._room = jobs, about, about.room.name

    async def joins(self, program: Program) -> bool:
        """Whether a program joins in time."""
        loop, offer = asyncio.get_running_loop(), program.offer
        until = min(offer.until, loop.time() + offer.spec.join_timeout)
        while not program.job.over:
            present = await self._holds(program.job)
            if present is None:
                self._jobs.advance(program.job, "failed", GONE)
                return False
            if present:
                self._jobs.joined(program.job)
                return True
            left = until - loop.time()
            if left <= 0:
                return False
            await _pause(program, min(JOINING, left))
        return False

    async def stays(self, program: Program) -> None:
        """Return when a job is over: its program says so, leaves, or is taken out."""
        loop, job = asyncio.get_running_loop(), program.job
        missed: float | None = None
        while not job.over:
            await _pause(program, STAYING if missed is None else JOINING)
            if job.over:
                break
            try:
                people = await self._jobs.rooms.people(self._room)
            except TROUBLES:
                continue  # LiveKit is asked again soon
            if people is not None and job.identity in people:
                missed = None
            elif not self._callers(people):
                self._jobs.advance(job, "success")
            elif missed is None:
                missed = loop.time()
            elif loop.time() - missed >= BACK:
                self._jobs.left(job, LEFT)
        if job.status == "cancelled":
            await self._sent_away(job)

    async def left_alone(self) -> bool:
        """Whether a caller is in the room, and nobody to talk with."""
        try:
            people = await self._jobs.rooms.people(self._room)
        except TROUBLES:
            return False
        agents = [p for p in (people or {}).values() if p.kind == ParticipantInfo.AGENT]
        return self._callers(people) and not agents

    async def why_ended(self) -> Ended:
        """Why LiveKit has ended the job."""
        rooms, dispatch = self._jobs.rooms, self._about.dispatch_id
        try:
            if await rooms.people(self._room) is None:
                return "gone"
            if dispatch and not await rooms.is_dispatched(dispatch, self._room):
                return "called off"
        except TROUBLES:
            pass
        return "left"

    def _callers(self, people: Mapping[str, ParticipantInfo] | None) -> bool:
        """Whether somebody is there for whom a program was wanted."""
        if self._about.HasField("participant"):
            return self._about.participant.identity in (people or ())
        return any(
            each.kind not in _NO_CALLERS and not each.permission.hidden
            for each in (people or {}).values()
        )

    async def _sent_away(self, job: Job) -> None:
        """Wait until a program that is cancelled has left; take it out after a while."""
        loop = asyncio.get_running_loop()
        until = loop.time() + GRACE
        while loop.time() < until:
            if not await self._holds(job):
                return
            await asyncio.sleep(JOINING)
        with contextlib.suppress(*TROUBLES):
            await self._jobs.rooms.remove(job.room, job.identity)

    async def _holds(self, job: Job) -> bool | None:
        """Whether a program is in its room; None where that is gone."""
        try:
            people = await self._jobs.rooms.people(self._room)
        except TROUBLES:
            return job.joined is not None  # LiveKit is asked again soon
        return None if people is None else job.identity in people


async def keep_out(jobs: JobHost, program: Program) -> None:
    """Take a program out of its room that comes too late, as long as its token lets it in."""
    loop, job = asyncio.get_running_loop(), program.job
    until = loop.time() + program.offer.spec.token_ttl
    while loop.time() < until:
        with contextlib.suppress(*TROUBLES):
            people = await jobs.rooms.people(job.room)
            if people is None:
                return
            if job.identity in people:
                await jobs.rooms.remove(job.room, job.identity)
        await asyncio.sleep(STAYING)


async def _pause(program: Program, seconds: float) -> None:
    """Wait, or until somebody says how the job goes."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await program.changed.wait()
    program.changed.clear()
