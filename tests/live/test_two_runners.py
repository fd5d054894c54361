"""Several runners of one folder, one of which dies: its callers get an agent of another."""

from __future__ import annotations

import asyncio
import shutil
import signal
from dataclasses import dataclass

import pytest
from support.live.callers import calling
from support.live.folders import VOICE

LIVEKITS_OWN = 20.0
"""Seconds after which LiveKit notices that an agent is gone that has not said so."""

SOON = 5.0
"""Seconds in which another runner's agent is in the room."""


class Runners:
    """Three runners of a folder; `killed` is the one that had the call."""

    def __init__(self, all_):
        self.all = all_
        self.killed = None

    async def kill(self, *, whole):
        """Kill the runner that has a call: its main process, or all that belongs to it."""
        (self.killed,) = [runner for runner in self.all if runner.named("session_started")]
        self.killed.code = -signal.SIGKILL
        processes = self.killed.processes() if whole else []
        self.killed.process.kill()
        for process in processes:
            process.kill()

    @property
    def others(self):
        """Those that live."""
        return [runner for runner in self.all if runner is not self.killed]


@pytest.fixture
def runners(lkrun_serve, write):
    """Starts runners of a folder, on one machine or each on one of its own."""
    started = []

    async def start(*states):
        folder = write(agents=VOICE)
        started.extend(
            lkrun_serve(folder, **({"LKRUN_STATE_DIR": str(state)} if state else {}))
            for state in states
        )
        for runner in started:
            await runner.event("ready", within=60)
        return Runners(started)

    yield start
    for runner in started:
        if runner.code:
            for left in runner.runtime.glob("lkrun-*"):  # the next runner here would remove it
                shutil.rmtree(left)


@dataclass(frozen=True)
class Death:
    """How a runner dies, where the others are, and when another agent must be there."""

    one_machine: bool
    whole: bool
    within: float


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "death",
    [
        pytest.param(Death(one_machine=True, whole=False, within=SOON), id="main"),
        pytest.param(Death(one_machine=True, whole=True, within=SOON), id="all"),
        pytest.param(Death(one_machine=False, whole=False, within=SOON), id="main-elsewhere"),
        pytest.param(
            Death(one_machine=False, whole=True, within=LIVEKITS_OWN + SOON), id="all-elsewhere"
        ),
    ],
)
async def test_another_runner_takes_over(livekit, runners, tmp_path, death):
    """On the machine at once; elsewhere when LiveKit knows; and never two agents."""
    state = tmp_path / "state" if death.one_machine else None
    there = await runners(state, state, state)
    async with calling(livekit, "desk") as caller:
        await caller.reads("Hello there.")
        await caller.hears_end()
        await caller.writes("number 3")
        await caller.reads("Number 3.")
        (first,) = caller.agents
        joined = asyncio.Event()
        caller.client.on("participant_connected", lambda _: joined.set())
        await there.kill(whole=death.whole)
        began = asyncio.get_running_loop().time()
        await asyncio.wait_for(joined.wait(), death.within)
        took = asyncio.get_running_loop().time() - began
        print(f"another agent was there after {took:.1f} s")  # noqa: T201 - a figure for who reads it
        await caller.reads("Hello there.", times=2)
        await caller.hears_end(caller.mark())
        await caller.writes("number 7")
        await caller.reads("Number 7.")
        (second,) = caller.agents
        assert second.identity != first.identity
    taken = [event for runner in there.others for event in runner.named("session_started")]
    assert len(taken) == 1
