"""A campaign in simulated time: people who answer or do not, and runners that die.

Nothing here waits for a real clock: time goes on when everything that can happen now has happened.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from runner.front.calls_port import Order
from runner.front.port import DialogueError
from runner.link.release import AgentRelease, Release
from runner.records import campaigns as kept
from runner.records import opt_outs
from runner.records.campaigns import NewContact
from runner.records.database import Database
from runner.schema.campaigns import Campaign
from runner.serve.campaigns.engine import CampaignEngine
from runner.serve.campaigns.outcomes import AGAIN, verdict
from runner.serve.outgoing.outcome import Outcome

ZONES = ("Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "")
OWN = "Europe/London"
NAME = "recall"

OUTCOMES = (
    Outcome("person", "end_call"),
    Outcome("mailbox", "end_call"),
    Outcome("full", "end_call"),
    Outcome("unsure", "caller_left"),
    Outcome("nobody", "no_answer", "nobody picked up in time"),
    Outcome("nobody", "busy", "the line is busy"),
    Outcome("nobody", "refused"),
    Outcome("nobody", "not_found"),
    Outcome("nobody", "network_failed"),
    Outcome("nobody", "not_taken"),
    Outcome("nobody", "no_livekit"),
)
UNDIALLED = ("not_taken", "no_livekit")


def release(campaign: Campaign) -> Release:
    """A folder with one agent that calls, and one campaign."""
    agent = {"start": "voice", "timezone": OWN, "dial": {"to": "{{ job.metadata.phone }}"}}
    made = AgentRelease.model_validate(
        {"name": "reminder", "agent": agent, "personas": {}, "tools": {}, "providers": {}}
    )
    return Release(agents={"reminder": made}, campaigns={NAME: campaign})


@dataclass(eq=False)
class SimulatedCall:
    """A call that will be over at a moment of the simulation."""

    number: str
    attempt: int
    began: float
    outcome: Outcome
    answered_by: str | None = None
    session: str | None = None
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    async def over(self) -> Outcome:
        await self._over.wait()
        return self.outcome

    def end(self) -> None:
        self.answered_by = self.outcome.answered_by
        self._over.set()


class Phones:
    """Everybody's telephone, and the list of those who are never called."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rung: list[SimulatedCall] = []
        self.most_at_once = 0
        self._on = 0

    async def place(self, order: Order) -> SimulatedCall:
        world = self.world
        if world.livekit_away(world.now):
            raise DialogueError("livekit_failed", "LiveKit could not do it")
        if not await self.may_dial(str(order.to)):
            raise DialogueError("opted_out", "never to be called")
        attempt = world.attempt(str(order.to))
        outcome = world.random.choice(world.outcomes)
        call = SimulatedCall(str(order.to), attempt, world.now, outcome)
        if outcome.reason not in UNDIALLED:
            self.rung.append(call)
        self._on += 1
        self.most_at_once = max(self.most_at_once, self._on)
        world.later(world.random.uniform(5, 240), lambda: self._end(call))
        return call

    def _end(self, call: SimulatedCall) -> None:
        self._on -= 1
        if call.outcome.answered_by == "person" and self.world.random.random() < 0.05:
            opt_outs.add(self.world.database, call.number)
            self.world.opted_out[call.number] = self.world.now
        call.end()

    async def may_dial(self, number: str) -> bool:
        return number not in self.world.opted_out


class World:
    """Time, telephones, a database, and runners that serve it."""

    def __init__(
        self,
        database: Database,
        campaign: Campaign,
        seed: int,
        *,
        begin: datetime,
        away: tuple[tuple[float, float], ...] = (),
    ) -> None:
        self.database, self.campaign = database, campaign
        self.random = random.Random(seed)  # noqa: S311 - a simulation is repeatable
        self.begin = self.now = begin.timestamp()
        self.outcomes = OUTCOMES
        self.opted_out: dict[str, float] = {}
        self.phones = Phones(self)
        self.release = release(campaign)
        self.runners: list[CampaignEngine] = []
        self.contacts: dict[str, str] = {}
        self._away = away
        self._events: list[tuple[float, int, Any]] = []
        self._order = itertools.count()

    def livekit_away(self, now: float) -> bool:
        """Whether LiveKit is away at a moment."""
        return any(first <= now - self.begin < last for first, last in self._away)

    def attempt(self, number: str) -> int:
        """Which attempt a runner is at with a number."""
        on = [runner.on[NAME, number] for runner in self.runners if (NAME, number) in runner.on]
        return on[0][0].attempt

    def later(self, seconds: float, what: Any) -> None:
        """Have something happen."""
        heapq.heappush(self._events, (self.now + seconds, next(self._order), what))

    def load(self, count: int, never: int) -> None:
        """Start the campaign with so many contacts, some of whom are never to be called."""
        made = []
        for line in range(2, count + 2):
            number = f"+1202{line:07d}"
            zone = self.random.choice(ZONES)
            self.contacts[number] = zone or OWN
            made.append(NewContact(number, line, zone, {"phone": number}))
        for number in self.random.sample(sorted(self.contacts), never):
            opt_outs.add(self.database, number)
            self.opted_out[number] = self.now
        kept.load(self.database, NAME, "reminder", made, self.now)

    def run_another(self) -> None:
        """Begin one more runner."""
        made = CampaignEngine(
            lambda: self.release, lambda: self.database, self.phones, now=lambda: self.now
        )
        self.runners.append(made)

    async def kill(self) -> None:
        """Kill a runner, whatever it does just now, and begin another one."""
        victim = self.runners.pop(self.random.randrange(len(self.runners)))
        await victim.stop()
        self.run_another()

    async def serve(self, step: float, kills: int, days: float) -> None:
        """Let time go on until the campaign is finished."""
        times = sorted(self.random.uniform(600, 3 * 86400) for _ in range(kills))
        while self.now < self.begin + days * 86400:
            while times and self.now - self.begin >= times[0]:
                times.pop(0)
                await self.kill()
            for runner in self.runners:
                await runner.step()
            await self._settled()
            if kept.known(self.database, NAME)[0].state == kept.FINISHED and not times:
                return
            await self._go_on(step)

    async def _settled(self) -> None:
        """Return when every runner waits for a call to end."""
        for runner in self.runners:
            while any(placed is None for _, placed in runner.on.values()):  # noqa: ASYNC110 - its threads set no event
                await asyncio.sleep(0)

    async def _go_on(self, step: float) -> None:
        until = self.now + (step if self._busy() else 10 * step)
        while self._events and self._events[0][0] <= until:
            self.now, _, what = heapq.heappop(self._events)
            what()
            for runner in self.runners:
                while any(c and c._over.is_set() for _, c in runner.on.values()):  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0)
        self.now = until

    def _busy(self) -> bool:
        return bool(self._events)

    def faults(self) -> list[str]:
        """What must never be: in words."""
        found = []
        made = Counter((call.number, call.attempt) for call in self.phones.rung)
        found += [f"{key} was called {n} times" for key, n in made.items() if n > 1]
        hours = self.campaign.calling_hours
        for call in self.phones.rung:
            local = datetime.fromtimestamp(call.began, ZoneInfo(self.contacts[call.number]))
            if not hours.open_at(local):
                found.append(f"{call.number} was called at {local}")
            if self.opted_out.get(call.number, call.began) < call.began:
                found.append(f"{call.number} is on the list")
        found += self._wrong_repeats()
        if self.phones.most_at_once > self.campaign.at_once:
            found.append(f"{self.phones.most_at_once} calls at once")
        return found

    def _wrong_repeats(self) -> list[str]:
        """Calls too many, too soon, or to somebody who is done with."""
        found = []
        calls: dict[str, list[SimulatedCall]] = {}
        for call in self.phones.rung:
            calls.setdefault(call.number, []).append(call)
        for number, several in calls.items():
            if len(several) > self.campaign.attempts:
                found.append(f"{number} was called {len(several)} times in all")
            for before, after in itertools.pairwise(several):
                heard = before._over.is_set() and verdict(before.outcome).outcome
                if after.began - before.began < self.campaign.wait:
                    found.append(f"{number} was called again too soon")
                if heard and heard not in AGAIN and not self._was_lost(before):
                    found.append(f"{number} was called again after {heard}")
        return found

    def _was_lost(self, call: SimulatedCall) -> bool:
        """Whether the runner that made a call died before its end."""
        return (call.number, call.attempt) in self._lost

    @cached_property
    def _lost(self) -> set[tuple[str, int]]:
        """The attempts that nobody saw end."""
        state = kept.known(self.database, NAME)[0]
        return {
            (row["number"], made["attempt"])
            for row in kept.contacts(self.database, state, 0, 100_000)
            for made in row["made"]
            if made["outcome"] == kept.LOST
        }
