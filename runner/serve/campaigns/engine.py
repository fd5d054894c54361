"""Makes the calls of campaigns: begins those that are due, and notes what came of each.

All that counts is in the database: a runner that dies leaves calls whose lease runs out, and
another one goes on. Steps are asked for from outside, so that a clock of any kind may do it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from runner.front.calls_port import Order
from runner.front.port import DialogueError
from runner.records import campaigns as kept
from runner.records.campaigns import CampaignState, Claimed, Ended, Limits
from runner.records.database import DatabaseError
from runner.serve.campaigns import rules
from runner.serve.campaigns.asking import may_call, metadata
from runner.serve.campaigns.outcomes import AGAIN, undialled, verdict
from runner.serve.outgoing.never_called import ListUnreadableError
from runner.serve.tasks import Tasks

if TYPE_CHECKING:
    from runner.egress.client import HttpEgress
    from runner.link.release import Release
    from runner.records.database import Database
    from runner.schema.campaigns import Campaign
    from runner.serve.outgoing.outcome import Outcome

T = TypeVar("T")

LEASE: Final = 60.0
"""Seconds after which a runner without a word is taken for dead."""

PERIOD: Final = 1.0
"""Seconds between two looks at what is due."""

_RENEWAL: Final = 15.0
_LATER: Final = 30.0
"""Seconds after which a call is tried again that could not be begun."""

_ASKED_LATER: Final = 300.0
"""Seconds after which a service is asked again that did not answer."""

_AT_ONCE: Final = 50
"""Calls that a runner begins in one look."""

_LAST: Final = 5.0
"""Seconds in which what came of calls is noted, where the runner ends."""

_log = logging.getLogger("lkrun")


class PlacedCall(Protocol):
    """A call that an agent makes."""

    answered_by: str | None
    session: str | None
    outcome: Outcome | None

    async def over(self) -> Outcome:
        """Wait for its end."""
        ...


class Caller(Protocol):
    """Who has agents call people; `runner.serve.outgoing.calls.OutgoingCalls`."""

    async def place(self, order: Order) -> PlacedCall:
        """Have an agent call somebody.

        Raises:
            DialogueError: nobody was dialled.
        """
        ...

    async def may_dial(self, number: str) -> bool:
        """Whether a number is not on the list of those who are never called."""
        ...


class CampaignEngine:
    """Makes the calls of the campaigns that run.

    Args:
        release: what is served now.
        database: where campaigns are kept; None while nothing was ever kept.
        caller: makes calls.
        egress: asks the tools that must succeed before a call.
        now: seconds since 1970.

    Attributes:
        name: this runner's, in the database.
        on: calls in progress.
        ended: campaign and outcome → attempts that this runner has seen end.
    """

    def __init__(
        self,
        release: Callable[[], Release],
        database: Callable[[], Database | None],
        caller: Caller,
        egress: HttpEgress | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._release, self._database, self._caller = release, database, caller
        self._egress, self._now = egress, now
        self._tasks = Tasks()
        self._not_before: dict[str, float] = {}
        self._renewed = 0.0
        self._trouble = ""
        self._noted: set[tuple[str, str]] = set()
        self._making: dict[tuple[str, str], asyncio.Task[None]] = {}
        self.name = secrets.token_hex(8)
        self.on: dict[tuple[str, str], tuple[Claimed, PlacedCall | None]] = {}
        self.ended: Counter[tuple[str, str]] = Counter()

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Do it for as long as the runner serves."""
        while True:
            await self.attempt()
            await sleep(PERIOD)

    async def attempt(self) -> None:
        """Make one step; a database that cannot be used now is told once."""
        try:
            await self.step()
        except DatabaseError as error:
            if str(error) != self._trouble:
                _log.warning("campaigns wait: %s", error)
            self._trouble = str(error)
        else:
            self._trouble = ""

    async def step(self) -> None:
        """Look at every campaign that runs, and begin the calls that are due.

        Raises:
            DatabaseError: the database cannot be used now; nothing is lost.
        """
        release, database = self._release(), self._database()
        if database is None or not (release.campaigns or self.on):
            return
        await self._renew(database)
        await self._note_answers(database)
        for state in await asyncio.to_thread(kept.known, database):
            campaign = release.campaigns.get(state.name)
            if campaign is not None and state.state not in kept.OVER:
                await self._look(database, state, campaign)

    async def settle(self) -> None:
        """Note what came of calls that are over, before the runner ends."""
        over = [key for key, (_, placed) in self.on.items() if placed and placed.outcome]
        noting = [self._making[key] for key in over if key in self._making]
        if noting:
            await asyncio.wait(noting, timeout=_LAST)

    async def stop(self) -> None:
        """Make no more calls; those in progress are seen to their end by whoever goes on."""
        await self._tasks.cancel()

    # what is due

    async def _renew(self, database: Database) -> None:
        now = self._now()
        if now >= self._renewed + _RENEWAL:
            calls = [call for call, _ in self.on.values()]
            await asyncio.to_thread(kept.renew, database, self.name, calls, now + LEASE)
            self._renewed = now

    async def _note_answers(self, database: Database) -> None:
        """Note who answered as soon as it is known: the runner may die before the end."""
        for key, (call, placed) in list(self.on.items()):
            by = placed.answered_by if placed is not None else None
            if placed is not None and by is not None and key not in self._noted:
                self._noted.add(key)
                session = placed.session or ""
                await asyncio.to_thread(kept.progress, database, call, by, session)

    async def _look(self, database: Database, state: CampaignState, campaign: Campaign) -> None:
        now, name = self._now(), state.name
        await asyncio.to_thread(kept.reap, database, name, campaign.attempts, campaign.wait, now)
        if state.state != kept.RUNNING or await self._stopped(database, state, campaign):
            return
        if now < self._not_before.get(name, 0.0):
            return
        limits = await self._limits(database, state, campaign)
        claimed = await asyncio.to_thread(kept.claim, database, name, self.name, limits, now)
        for call in claimed:
            self.on[call.campaign, call.number] = call, None
            making = self._tasks.spawn(self._make(database, call, campaign))
            self._making[call.campaign, call.number] = making
        if not claimed and await asyncio.to_thread(
            kept.settle, database, name, campaign.attempts, now
        ):
            _log.info("campaign %s is finished: everybody has been called", name)

    async def _limits(self, database: Database, state: CampaignState, campaign: Campaign) -> Limits:
        waiting = await asyncio.to_thread(kept.zones, database, state)
        zones = rules.open_zones(campaign, waiting, self._own(campaign), self._now())
        return Limits(campaign.at_once, campaign.attempts, zones, _AT_ONCE, LEASE)

    async def _stopped(self, database: Database, state: CampaignState, campaign: Campaign) -> bool:
        """Whether the campaign stops itself now."""
        if campaign.stop_when is None:
            return False
        outcomes = await asyncio.to_thread(kept.figures, database, state)
        if not rules.must_stop(campaign, outcomes):
            return False
        await self._pause(database, state.name, f"stop_when is true: {campaign.stop_when}")
        return True

    async def _pause(self, database: Database, name: str, why: str) -> None:
        _log.warning("campaign %s is paused: %s", name, why)
        await asyncio.to_thread(kept.set_state, database, name, kept.PAUSED, why, self._now())

    # one call

    async def _make(self, database: Database, call: Claimed, campaign: Campaign) -> None:
        try:
            if await self._may(database, call, campaign):
                await self._call(database, call, campaign)
        finally:
            self.on.pop((call.campaign, call.number), None)
            self._making.pop((call.campaign, call.number), None)
            self._noted.discard((call.campaign, call.number))

    async def _may(self, database: Database, call: Claimed, campaign: Campaign) -> bool:
        """Whether the tool before each call lets it be made."""
        release = self._release().agents.get(str(campaign.agent))
        if campaign.before_each is None or self._egress is None or release is None:
            return True
        tool = str(campaign.before_each.tool)
        self._egress.follow(self._release().process.network)
        answer, why = await may_call(self._egress, release, tool, call, self._now())
        if answer == "later":
            await self._again_later(database, call, _ASKED_LATER)
        elif answer == "no":
            _log.info("campaign %s: a contact is skipped: %s", call.campaign, why)
            await self._surely(kept.skip, database, call, "skipped", self._now())
        if answer == "yes" and not self._open(campaign, call.zone):  # it took its time
            await self._again_later(database, call, 0.0)
            return False
        return answer == "yes"

    def _open(self, campaign: Campaign, zone: str) -> bool:
        """Whether somebody in a time zone may be called now."""
        return bool(rules.open_zones(campaign, [zone], self._own(campaign), self._now()))

    def _own(self, campaign: Campaign) -> str | None:
        """The time zone of the agent that calls."""
        agent = self._release().agents.get(str(campaign.agent))
        return agent.agent.timezone if agent is not None else None

    async def _call(self, database: Database, call: Claimed, campaign: Campaign) -> None:
        # without a key: that the attempt is this runner's alone stands in the database
        order = Order(str(campaign.agent), call.number, metadata(call))
        try:
            placed = await self._caller.place(order)
        except DialogueError as error:
            await self._not_placed(database, call, error)
            return
        self.on[call.campaign, call.number] = call, placed
        outcome = await placed.over()
        await self._over(database, call, outcome, campaign)

    async def _not_placed(self, database: Database, call: Claimed, error: DialogueError) -> None:
        match undialled(error.code):
            case "later":
                self._not_before[call.campaign] = self._now() + _LATER
                await self._again_later(database, call, 0.0)
            case "pause":
                await self._again_later(database, call, 0.0)
                await self._pause(database, call.campaign, error.message)
            case outcome:
                await self._surely(kept.skip, database, call, outcome, self._now())

    async def _again_later(self, database: Database, call: Claimed, seconds: float) -> None:
        await self._surely(kept.undo, database, call, self._now() + seconds)

    async def _over(
        self, database: Database, call: Claimed, outcome: Outcome, campaign: Campaign
    ) -> None:
        seen = verdict(outcome)
        result = seen.outcome
        if result == "answered" and not await self._may_call_again(call.number):
            result = "opted_out"
        if not result:
            self._not_before[call.campaign] = self._now() + _LATER
            await self._again_later(database, call, 0.0)
            if seen.pause:
                await self._pause(database, call.campaign, seen.pause)
            return
        if result == "opted_out" and outcome.answered_by == "nobody":
            await self._surely(kept.skip, database, call, result, self._now())
            return
        now = self._now()
        more = result in AGAIN and call.attempt < campaign.attempts
        ended = Ended(
            result,
            now + campaign.wait if more else None,
            outcome.words,
            outcome.answered_by,
            outcome.session or "",
        )
        self.ended[call.campaign, result] += 1
        await self._surely(kept.finish, database, call, ended, now)

    async def _may_call_again(self, number: str) -> bool:
        try:
            return await self._caller.may_dial(number)
        except ListUnreadableError:
            return True  # it is looked at again before the next call

    async def _surely(self, do: Callable[..., T], *values: Any) -> T:
        """Write what came of a call, as often as it takes."""
        while True:
            try:
                return await asyncio.to_thread(do, *values)
            except DatabaseError as error:
                _log.warning("what came of a campaign's call is not stored yet: %s", error)
                await asyncio.sleep(PERIOD)
