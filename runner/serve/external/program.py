"""One program that is wanted for a job; and what a job needs of those who look after all jobs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from livekit.protocol import agent as wire

    from runner.egress.client import HttpEgress
    from runner.egress.policy.breaker import Breaker
    from runner.external.jobs import Job, Status
    from runner.external.messages import JobReply
    from runner.schema.external_agents import ExternalAgent
    from runner.serve.external.posting import Offer, Offered
    from runner.serve.external.room import RoomService


@dataclass(eq=False, slots=True)
class Program:
    """One program that is wanted for a job.

    Attributes:
        joined: whether it has joined, once that is known.
        changed: set when somebody says how the job goes.
        main: the external agent that LiveKit's job is of, where that is known.
    """

    offer: Offer
    joined: asyncio.Future[bool]
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    main: str = ""

    @property
    def job(self) -> Job:
        """The job, for it."""
        return self.offer.job

    def settle(self, *, joined: bool) -> None:
        """Let it be known whether it has joined."""
        if not self.joined.done():
            self.joined.set_result(joined)


class JobHost(Protocol):
    """Looks after all jobs: `runner.serve.external.jobs.ExternalJobs`."""

    @property
    def egress(self) -> HttpEgress:
        """Sends requests."""
        ...

    @property
    def rooms(self) -> RoomService:
        """LiveKit's rooms."""
        ...

    def spec(self, name: str) -> ExternalAgent | None:
        """An external agent as it is served now."""
        ...

    def breaker(self, name: str) -> Breaker:
        """The breaker of an external agent."""
        ...

    def unavailable(self, name: str) -> str | None:
        """Why a program is not even asked, or None."""
        ...

    def programs(self, about: wire.Job, name: str, until: float) -> list[Program]:
        """Those that are wanted for a job."""
        ...

    def program(
        self, about: wire.Job, name: str, spec: ExternalAgent, until: float, url: str = ""
    ) -> Program:
        """A program for a job; `url`: where it was asked, else what is right now."""
        ...

    def know(self, job: Job) -> None:
        """Have a job among those that are known."""
        ...

    def accepted(self, program: Program, reply: JobReply | None) -> None:
        """A program has said yes."""
        ...

    def refused(self, program: Program, offered: Offered) -> None:
        """A program will not come."""
        ...

    def joined(self, job: Job) -> None:
        """A program was seen in its room."""
        ...

    def advance(self, job: Job, status: Status, error: str = "") -> bool:
        """Note how a job goes."""
        ...

    def left(self, job: Job, error: str) -> None:
        """A program has left its caller behind."""
        ...

    def cancel(self, job: Job) -> bool:
        """End one; whether it was on."""
        ...

    def keep_out(self, program: Program) -> None:
        """A program that is too late does not talk beside who took its place."""
        ...

    async def stand_in(self, about: wire.Job, name: str, error: str) -> None:
        """Nobody has joined."""
        ...

    def tell_end(self, program: Program) -> None:
        """Have a program told that its job is over."""
        ...

    def done(self, programs: list[Program]) -> None:
        """A job is over for LiveKit."""
        ...

    async def has_room(self, room: str) -> bool:
        """Whether there is such a room."""
        ...

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something until it is done, or the runner ends."""
        ...
