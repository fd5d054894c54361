"""A talk with an agent, in process: what tests, recorded or written by hand, go by."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from runner.delivery.plan import Planned, Row
from runner.egress.port import ToolRequest, Webhook
from runner.egress.providers import USUAL_NETWORK, ProviderNetwork
from runner.egress.secrets import Secrets
from runner.link.cases import TestCase
from runner.link.release import AgentRelease
from runner.session import Caller, CallFacts, JobFacts
from runner.session.call import Channel
from runner.session.clock import MachineClock
from runner.session.conversation import Conversation
from runner.session.dialling import NoTelephone, Telephone
from runner.testing.cassettes import RecordingEgress
from runner.testing.mocks import MockedEgress, plain
from runner.testing.time import SimulatedLoop
from runner.testing.turn import Event, TurnRecord

_END: Final = 10.0
"""Seconds that the end of a talk may take."""


@dataclass
class TimedTurn:
    """A turn as it goes on.

    Attributes:
        began: when the caller had said what they say.
        heard: when something of the agent came.
    """

    began: float
    events: list[Event] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)
    tokens: int = 0
    ended: float = 0.0
    interrupted: bool = False
    stopped: float | None = None


class Talk:
    """One talk by text; each method that takes time is one turn of it.

    Args:
        case: who calls, when, and what services answer; its steps are not looked at.
        release: the agent.
        secrets: of providers and of services that are really asked.
        network: how providers that are services are reached.
        egress: asks services, instead of the test's mocks.
    """

    _channel: ClassVar[Channel] = "text"
    _kind: ClassVar[str] = "text"

    def __init__(
        self,
        case: TestCase,
        release: AgentRelease,
        secrets: Secrets,
        network: ProviderNetwork = USUAL_NETWORK,
        egress: RecordingEgress | None = None,
    ) -> None:
        """Begin nothing yet."""
        self._network = network
        self._case, self._release, self._secrets = case, release, secrets
        self._mocked = MockedEgress(case, release, secrets, network.files)
        self._egress = egress or self._mocked
        self._turns: list[TimedTurn] = []
        self._talk: Conversation | None = None
        self._rows: list[dict[str, str]] = []
        self._bodies: list[dict[str, Any]] = []
        self._sent = False

    async def start(self) -> None:
        """Call the agent, and hear its greeting.

        Raises:
            CannotStartError: it cannot be built.
        """
        self._talk = self._conversation()
        await self._turn(self._talk.start(telephone=self._telephone()))

    async def user(self, words: str) -> None:
        """Say something, and hear the answer."""
        await self._turn(self._on.turn(words))

    async def silence(self, seconds: float) -> None:
        """Say nothing for so long; in simulated time that takes none."""
        await self._turn(self._wait(seconds))

    async def press(self, keys: str) -> None:
        """Press keys of a telephone, and hear the answer."""
        await self._turn(self._on.press(keys))

    async def app(self, method: str, given: Mapping[str, Any]) -> None:
        """Do something in the caller's app, and hear what comes of it.

        Raises:
            AppRefusedError: the agent does not take it.
        """
        await self._turn(self._on.from_app(method, given))

    async def _asked_app(self, tool: str, _method: str, sent: Mapping[str, Any]) -> Any:
        """Answer for the app; what an action sends it is told by its event alone."""
        return await self._mocked.app(tool, sent) if tool else None

    async def hang_up(self) -> None:
        """Hang up."""
        await self._turn(self._on.end("caller_left"))

    async def after(self) -> None:
        """Where the call is over, work out what is sent of it: only mocks see any of that."""
        if self._sent or self._talk is None or not self._talk.ended.done():
            return
        self._sent = True
        if self._release.agent.after_call is None:
            return
        planned = Planned(self._release, await self._talk.whole_report())
        for place, _ in planned.sends():
            parcel = planned.parcel(place)
            if isinstance(parcel, Row):
                self._rows.append(parcel.cells)
            elif isinstance(parcel, Webhook):
                self._bodies.append(json.loads(parcel.content))
            elif parcel is not None:
                await self._run(parcel)

    async def _run(self, request: ToolRequest) -> None:
        """Run a tool that is sent to, and tell of it as of all tools."""
        about = {"turn": len(self._turns) - 1, "name": request.tool, "call_id": request.message}
        self._turns[-1].events.append(
            {**about, "type": "tool_call", "arguments": request.arguments}
        )
        answer = await self._egress.ask(request)
        result = {"type": "tool_result", "output": answer.output, "error": not answer.ok}
        self._turns[-1].events.append({**about, **result})

    async def aclose(self) -> None:
        """End it, whatever it does."""
        async with asyncio.timeout(_END):
            if self._talk is not None and not self._talk.ended.done():
                self._turns.append(TimedTurn(0.0))  # what the end tells belongs to no turn
                await self._talk.end("shutdown")
                self._turns.pop()
            await self._egress.aclose()
            await self._mocked.aclose()

    @property
    def ended(self) -> str | None:
        """Why it has ended; None while it goes on."""
        on = self._talk is None or not self._talk.ended.done()
        return None if on else str(self._on.ended.result())

    @property
    def unmocked(self) -> tuple[str, ...]:
        """Tools that were called although no mock answers for them."""
        return tuple(dict.fromkeys(self._mocked.unmocked))

    @property
    def events(self) -> list[Event]:
        """All that has happened."""
        return [e for turn in self._turns for e in turn.events]

    @property
    def last(self) -> TurnRecord:
        """The last turn."""
        return self._record(self._turns[-1:])

    @property
    def before(self) -> TurnRecord:
        """The turn before the last."""
        return self._record(self._turns[-2:-1])

    @property
    def whole(self) -> TurnRecord:
        """All turns together."""
        return self._record(self._turns)

    @property
    def _on(self) -> Conversation:
        assert self._talk is not None  # noqa: S101 - who calls has started it
        return self._talk

    async def _wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if isinstance(loop, SimulatedLoop):
            await loop.forward(seconds, self._on.quiet)
        else:
            await asyncio.sleep(seconds)

    async def _turn(self, work: Awaitable[Any]) -> None:
        loop = asyncio.get_running_loop()
        turn = TimedTurn(loop.time())
        before = self._tokens()
        self._turns.append(turn)
        try:
            await work
        finally:
            turn.ended = loop.time()
            await self.after()
            turn.tokens = self._tokens() - before

    def _tokens(self) -> int:
        return sum(self._talk.usage.values()) if self._talk is not None else 0

    def _heard(self, event: dict[str, Any]) -> None:
        turn = self._turns[-1]
        turn.events.append(event)
        if event["type"] == "message" and event["role"] == "agent":
            turn.heard.append(asyncio.get_running_loop().time())

    def _record(self, turns: list[TimedTurn]) -> TurnRecord:
        firsts = [t.heard[0] - t.began for t in turns if t.heard]
        return TurnRecord(
            events=[e for t in turns for e in t.events],
            seconds=sum(t.ended - t.began for t in turns),
            first_word=max(firsts) if firsts else None,
            silence=max((gap for t in turns for gap in _gaps(t)), default=0.0),
            tokens=sum(t.tokens for t in turns),
            variables=self._talk.variables if self._talk is not None else {},
            rows=self._rows,
            bodies=self._bodies,
            interrupted=any(t.interrupted for t in turns),
            stopped=max((t.stopped for t in turns if t.stopped is not None), default=None),
        )

    def _telephone(self) -> Telephone | None:
        """What the agent dials by: nothing is dialled, and who answers is written in the test."""
        by: Any = self._case.spec.answered_by
        return NoTelephone(by) if by is not None else None

    def _conversation(self) -> Conversation:
        spec = self._case.spec
        clock = _clock(spec.clock, self._release.agent.timezone) if spec.clock else None
        return Conversation(
            self._release,
            self._egress,
            _facts(self._case, clock.now() if clock else None, self._kind),
            on_event=lambda event: self._heard(event.to_json()),
            secrets=self._secrets.get,
            network=self._network,
            channel=self._channel,
            history=tuple(line.words for line in spec.history) or None,
            clock=clock,
            app=self._asked_app,
            rehearsed=self._mocked.transfer,
        )


def _clock(began: datetime, zone: str | None) -> MachineClock:
    """A clock that shows a moment now, and goes on with the loop's time."""
    moment = began if began.tzinfo else began.replace(tzinfo=ZoneInfo(zone) if zone else None)
    return MachineClock(moment.astimezone())


def _facts(case: TestCase, started: datetime | None, kind: str) -> CallFacts:
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
            kind=str(caller.kind_) if caller is not None and caller.kind_ else kind,
            attributes={n: str(v) for n, v in caller.attributes.items()} if caller else {},
        ),
        variables={str(n): plain(v) for n, v in case.spec.variables.items()},
        **facts,
    )


def _gaps(turn: TimedTurn) -> Iterator[float]:
    moments = [turn.began, *turn.heard, turn.ended]
    return (after - before for before, after in pairwise(moments))
