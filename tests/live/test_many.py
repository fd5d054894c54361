"""Several agents and many calls in one runner."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator

import pytest
from support.live.callers import calling
from support.live.folders import TEXT, VOICE

pytestmark = [pytest.mark.timeout(120), pytest.mark.cold]


async def test_two_agents_of_one_runner_take_twenty_calls_at_once(livekit, lkrun_serve, write):
    """Each caller reaches the agent that was called, every line is answered, every end is seen."""
    runner = lkrun_serve(write(agents=TEXT))
    ready = await runner.event("ready")
    assert ready["agents"] == ["north", "south"]

    async def call(number: int) -> None:
        name = ("north", "south")[number % 2]
        async with calling(livekit, name, connections=2) as caller:
            await caller.reads(f"{name} desk.", within=25)
            await caller.writes(f"this is number {number}")
            await caller.reads(f"I have number {number}.")
            await caller.writes(f"and number {number + 100}")
            await caller.reads(f"I have number {number + 100}.")
        # LiveKit tells the leave of who publishes nothing every 3 seconds
        ended = await runner.event("session_ended", room=caller.room, within=10)
        assert (ended["agent"], ended["reason"], ended["turns"]) == (name, "caller_left", 2)

    async with asyncio.timeout(50), asyncio.TaskGroup() as calls:
        for number in range(20):
            calls.create_task(call(number))
    assert len(runner.named("session_started")) == len(runner.named("session_ended")) == 20
    assert not runner.named("session_refused")


@contextlib.contextmanager
def busy(cores: int) -> Iterator[None]:
    """Keep cores at 100 %."""
    with contextlib.ExitStack() as burning:
        for _ in range(cores):
            process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            burning.callback(process.wait)
            burning.callback(process.kill)
        yield


async def test_ten_calls_at_once_on_a_busy_machine_are_all_answered(livekit, lkrun_serve, write):
    """With both cores at 100 % ten callers of one instant hear the greeting and are answered."""
    runner = lkrun_serve(write(agents=VOICE))
    await runner.event("ready")

    async def call() -> None:
        async with calling(livekit, "desk") as caller:
            await caller.reads("Hello there.", within=40)
            await caller.hears()
            await caller.writes("number 8")
            await caller.reads("Number 8.", within=40)

    with busy(2):
        async with asyncio.timeout(50), asyncio.TaskGroup() as calls:
            for _ in range(10):
                calls.create_task(call())
    assert len(runner.named("session_started")) == 10
    assert not runner.named("session_refused")
