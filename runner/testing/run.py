"""One run of a test: a talk with the agent, in process, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from runner.egress.providers import USUAL_NETWORK, ProviderNetwork
from runner.egress.secrets import Secrets
from runner.link.cases import Path, TestCase
from runner.link.release import AgentRelease
from runner.schema.tests import AgentStep, Checks, HangUpStep, SilenceStep, UserStep
from runner.session import Caller, CallFacts, JobFacts
from runner.session.clock import MachineClock
from runner.session.conversation import CannotStartError, Conversation
from runner.testing.checks import MEANING, failures
from runner.testing.judging import Judging
from runner.testing.mocks import MockedEgress, plain
from runner.testing.outcome import Failure
from runner.testing.simulate import SimulatedCaller
from runner.testing.time import SimulatedLoop
from runner.testing.turn import Event, TurnRecord

_END: Final = 10.0
"""Seconds that the end of a talk may take."""


class SkippedError(Exception):
    """A test that cannot be run here; the message says what it needs."""


@dataclass
class _Turn:
    """A turn as it goes on."""

    began: float
    events: list[Event] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)
    tokens: int = 0
    ended: float = 0.0


@dataclass
class RunResult:
    """What came of one run."""

    failures: list[Failure]
    events: list[Event]


class TestRun:
    """Runs a test once.

    Args:
        case: the test.
        release: its agent.
        secrets: of providers and of services that are really asked.
        network: how providers that are services are reached.
        judging: judges meaning; without it a test that asks for meaning is skipped.
    """

    __test__ = False

    def __init__(
        self,
        case: TestCase,
        release: AgentRelease,
        secrets: Secrets,
        judging: Judging | None,
        network: ProviderNetwork = USUAL_NETWORK,
    ) -> None:
        self._network = network
        self._case, self._release, self._judging = case, release, judging
        self._secrets = secrets
        self._egress = MockedEgress(case, release, secrets)
        self._turns: list[_Turn] = []
        self._failures: list[Failure] = []
        self._talk: Conversation | None = None

    async def run(self) -> RunResult:
        """Have the talk, and check it.

        Raises:
            SkippedError: it needs a model, and there is none.
        """
        self._needs_no_model()
        time = self._case.spec.timeout + _simulated(self._case)
        try:
            async with asyncio.timeout(time):
                await self._whole()
        except TimeoutError:
            told = f"the test took longer than {self._case.spec.timeout:g} s"
            self._fail((), "timeout", told, 0)
        finally:
            await self._end()
        return RunResult(self._failures, [e for turn in self._turns for e in turn.events])

    def _needs_no_model(self) -> None:
        if self._judging is None and (self._case.spec.simulate or any(_meanings(self._case))):
            raise SkippedError("it needs a model that judges: name one with --model")

    async def _whole(self) -> None:
        try:
            self._talk = talk = self._conversation()
            await self._turn(talk.start())
        except CannotStartError as error:
            self._fail((), "start", f"the conversation cannot start: {error}", 0)
            return
        if self._case.spec.simulate is not None:
            await self._simulated(talk, self._case.spec.simulate.max_turns)
        else:
            for place, step in enumerate(self._case.spec.steps):
                if not await self._step(talk, step, place):
                    break
        if self._case.spec.finally_ is not None:
            await self._check(self._case.spec.finally_, ("finally",), 0, self._record(*self._turns))
        for tool in dict.fromkeys(self._egress.unmocked):
            told = f"tool '{tool}' was called, and the test has no mock of it"
            self._fail(("mocks",), "mocks", told, 0, self._all_events())

    async def _step(self, talk: Conversation, step: Any, place: int) -> bool:
        """Do a step; False where the test cannot go on."""
        if isinstance(step, AgentStep):
            path = ("steps", place, "agent")
            await self._check(step.agent, path, place + 1, self._record(self._turns[-1]))
            return True
        if talk.ended.done():
            self._fail(
                ("steps", place),
                step.kind,
                f"the call has ended before this step ({talk.ended.result()})",
                place + 1,
                self._turns[-1].events,
            )
            return False
        match step:
            case UserStep():
                await self._turn(talk.turn(str(step.user)))
            case SilenceStep():
                await self._turn(self._wait(talk, step.silence))
            case HangUpStep():
                await self._turn(talk.end("caller_left"))
        return True

    async def _wait(self, talk: Conversation, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if isinstance(loop, SimulatedLoop):
            await loop.forward(seconds, talk.quiet)
        else:
            await asyncio.sleep(seconds)

    async def _simulated(self, talk: Conversation, most: int) -> None:
        assert self._judging is not None  # noqa: S101 - `_needs_no_model` has looked
        assert self._case.spec.simulate is not None  # noqa: S101 - the caller has looked
        caller = SimulatedCaller(self._judging.model, str(self._case.spec.simulate.caller))
        for _ in range(most):
            if talk.ended.done():
                return
            words = await caller.next(self._all_events())
            if words is None:
                break
            await self._turn(talk.turn(words))
        if not talk.ended.done():
            await self._turn(talk.end("caller_left"))

    async def _turn(self, work: Any) -> None:
        loop = asyncio.get_running_loop()
        turn = _Turn(loop.time())
        before = self._tokens()
        self._turns.append(turn)
        try:
            await work
        finally:
            turn.ended = loop.time()
            turn.tokens = self._tokens() - before

    def _tokens(self) -> int:
        return sum(self._talk.usage.values()) if self._talk is not None else 0

    def _heard(self, event: dict[str, Any]) -> None:
        turn = self._turns[-1]
        turn.events.append(event)
        if event["type"] == "message" and event["role"] == "agent":
            turn.heard.append(asyncio.get_running_loop().time())

    def _record(self, *turns: _Turn) -> TurnRecord:
        firsts = [t.heard[0] - t.began for t in turns if t.heard]
        return TurnRecord(
            events=[e for t in turns for e in t.events],
            seconds=sum(t.ended - t.began for t in turns),
            first_word=max(firsts) if firsts else None,
            silence=max((gap for t in turns for gap in _gaps(t)), default=0.0),
            tokens=sum(t.tokens for t in turns),
            variables=self._talk.variables if self._talk is not None else {},
        )

    async def _check(self, checks: Checks, path: Path, step: int, turn: TurnRecord) -> None:
        for key, message in failures(checks, turn):
            self._fail((*path, key), key, message, step, turn.events)
        if self._judging is not None:
            async for key, message in self._judging.failures(checks, turn):
                self._fail((*path, key), key, message, step, turn.events)

    def _fail(self, path: Path, check: str, message: str, step: int, events: Any = ()) -> None:
        line = self._case.line_of(path)
        self._failures.append(Failure(step, line, check, message, tuple(events)))

    def _all_events(self) -> list[Event]:
        return [e for turn in self._turns for e in turn.events]

    def _conversation(self) -> Conversation:
        spec = self._case.spec
        clock = _clock(spec.clock, self._release.agent.timezone) if spec.clock else None
        return Conversation(
            self._release,
            self._egress,
            _facts(self._case, clock.now() if clock else None),
            on_event=lambda event: self._heard(event.to_json()),
            secrets=self._secrets.get,
            network=self._network,
            channel="text",
            clock=clock,
        )

    async def _end(self) -> None:
        async with asyncio.timeout(_END):
            if self._talk is not None and not self._talk.ended.done():
                self._turns.append(_Turn(0.0))  # what the end tells belongs to no turn
                await self._talk.end("shutdown")
                self._turns.pop()
            await self._egress.aclose()


def _clock(began: datetime, zone: str | None) -> MachineClock:
    """A clock that shows a moment now, and goes on with the loop's time."""
    moment = began if began.tzinfo else began.replace(tzinfo=ZoneInfo(zone) if zone else None)
    return MachineClock(moment.astimezone())


def _facts(case: TestCase, started: datetime | None) -> CallFacts:
    caller, job = case.spec.caller, case.spec.job
    facts: dict[str, Any] = {"started": started} if started is not None else {}
    if job is not None:
        facts["job"] = JobFacts(
            str(job.id) if job.id else None,
            {n: str(v) for n, v in job.attributes.items()},
            plain(job.metadata) if job.metadata is not None else None,
        )
    names = {
        name: str(value)
        for name in ("identity", "name", "phone", "dialled")
        if caller is not None and (value := getattr(caller, name)) is not None
    }
    return CallFacts(
        caller=Caller(
            **{"identity": "test", **names},
            kind=str(caller.kind_) if caller is not None and caller.kind_ else "text",
            attributes={n: str(v) for n, v in caller.attributes.items()} if caller else {},
        ),
        variables={str(n): plain(v) for n, v in case.spec.variables.items()},
        **facts,
    )


def _simulated(case: TestCase) -> float:
    """Seconds that pass at once in the test."""
    silences = sum(s.silence for s in case.spec.steps if isinstance(s, SilenceStep))
    slow = sum(m.slow or 0.0 for mocks in case.spec.mocks.values() for m in mocks)
    return silences + slow * (1 + len(case.spec.steps))


def _meanings(case: TestCase) -> Iterator[bool]:
    blocks = [s.agent for s in case.spec.steps if isinstance(s, AgentStep)]
    if case.spec.finally_ is not None:
        blocks.append(case.spec.finally_)
    return (bool(getattr(block, key)) for block in blocks for key in MEANING)


def _gaps(turn: _Turn) -> Iterator[float]:
    moments = [turn.began, *turn.heard, turn.ended]
    return (after - before for before, after in pairwise(moments))
