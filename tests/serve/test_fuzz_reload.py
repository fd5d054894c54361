"""Rubbish that is written into the folder while calls begin.

It goes on for LKRUN_FUZZ_SECONDS, or longer on a slow machine, with the seed LKRUN_FUZZ_SEED.
"""

from __future__ import annotations

import asyncio
import os
import random
import time

import pytest
from support.command import serving
from support.followed import QUICK, Caller, Followed, following
from support.vandal import AGENTS, Vandal

from runner.link.release import AgentRelease

SECONDS = float(os.environ.get("LKRUN_FUZZ_SECONDS", "8"))
ENOUGH, CALLS = 3, 51
"""Reloads of each result, and calls, until which it goes on in any case."""

SEED = int(os.environ.get("LKRUN_FUZZ_SEED", "2026"))

pytestmark = pytest.mark.timeout(SECONDS + 120)


class Callers:
    """Begin calls of all agents all the time; each lasts through some reloads or none."""

    def __init__(self, runner: Followed, seed: int) -> None:
        self.runner = runner
        self.begun = 0
        self.read: set[tuple[str, str, str]] = set()
        self._random = random.Random(seed)  # noqa: S311 - nothing is secret here
        self._on: list[Caller] = []

    async def call(self) -> None:
        """Go on until cancelled."""
        while True:
            for name in AGENTS:
                if name in self.runner.releases.current.agents:
                    self._on.append(self.runner.caller(name))
                    self._note(self._on[-1])
                    self.begun += 1
            while len(self._on) > self._random.randrange(60):
                self.leave(self._random.randrange(len(self._on)))
            await asyncio.sleep(0.01)  # as often as people call

    def leave(self, number: int) -> None:
        """End a call, which has all that it began with."""
        caller = self._on.pop(number)
        self._note(caller)
        self.runner.hang_up(caller)

    def all_leave(self) -> None:
        """End all."""
        while self._on:
            self.leave(0)

    def _note(self, caller: Caller) -> None:
        data = caller.file.read_text()
        agent = AgentRelease.from_json(data)
        self.read.add((caller.release, agent.name, data))


async def test_every_call_gets_a_complete_release_whatever_is_written(tmp_path, store, log):
    """What is served is at all times what stood in the folder at rest, and was valid."""
    print(f"LKRUN_FUZZ_SEED={SEED}")  # noqa: T201 - shown when it fails
    vandal = Vandal(tmp_path / "agents.d", SEED, QUICK)
    results = {"ok": 0, "rejected": 0, "unchanged": 0}
    async with following(vandal.folder, store, log) as runner:
        callers = Callers(runner, SEED)
        calling = asyncio.create_task(callers.call())
        until = time.monotonic() + SECONDS
        while (
            time.monotonic() < until
            or min(results["ok"], results["rejected"]) < ENOUGH
            or callers.begun < CALLS
        ):
            await vandal.rage(0.04)
            judged = vandal.judge()
            outcome = await runner.outcome()
            results[outcome.result] += 1
            assert outcome.error is None
            if judged.release is None or not judged.release.agents:
                assert outcome.result == "rejected"
            else:
                assert (outcome.result != "rejected", outcome.release) == (True, judged.release.id)
            assert runner.quiet()
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
        assert calling.cancelled()
        callers.all_leave()
        for release, name, data in callers.read:
            assert vandal.served[release][name] == data
        assert set(runner.served) <= set(vandal.served)
        assert runner.releases.sessions() == {runner.releases.current.id: 0}
        kept = {path.stem for path in (store.root / "agents").iterdir()}
        assert kept == {agent.digest for agent in runner.releases.current.agents.values()}


async def test_every_dialogue_gets_a_complete_release_whatever_is_written(tmp_path):
    """The same over HTTP, of the whole command; its log has no bug, and a line each attempt."""
    print(f"LKRUN_FUZZ_SEED={SEED}")  # noqa: T201 - shown when it fails
    vandal = Vandal(tmp_path / "agents.d", SEED + 1, "# the runner waits as long as it does\n")
    heard: set[tuple[str, str, str]] = set()
    async with serving(vandal.folder) as runner:
        reached = asyncio.Event()

        async def call() -> None:
            while True:
                names = [judged["name"] for judged in await runner.ask("/v1/agents")]
                for name in names:
                    try:
                        turn = await runner.turn(name)
                    except OSError:  # the agent was taken away meanwhile: nobody has it
                        continue
                    heard.add((turn["release"], name, turn["text"]))
                    reached.set()

        calling = asyncio.create_task(call())
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            await vandal.rage(0.04)
            judged = await asyncio.to_thread(vandal.judge)
            reload = await runner.event("reload")
            assert "error" not in reload
            if judged.release is None or not judged.release.agents:
                assert reload["result"] == "rejected"
            else:
                assert reload["release"] == judged.release.id
        await asyncio.wait_for(reached.wait(), 30)
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
        assert calling.cancelled()
    assert heard
    for release, name, words in heard:
        agent = AgentRelease.from_json(vandal.served[release][name])
        persona = agent.personas[str(agent.agent.first)]
        greeting = persona.greeting
        assert words == (" ".join(greeting.say) if greeting else "")
