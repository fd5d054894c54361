"""How a runner ends while calls are on."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess

from support.live.callers import calling
from support.live.folders import VOICE


async def test_a_runner_that_is_told_to_stop_lets_its_call_end(livekit, lkrun_serve, write):
    """After SIGTERM a call goes on to its end, nobody new is let in, and the exit code is 0."""
    runner = lkrun_serve(write(agents=VOICE), "--drain", "30s")
    await runner.event("ready")
    async with calling(livekit, "desk") as caller:
        await caller.reads("Hello there.")
        runner.send(signal.SIGTERM)
        assert (await runner.event("draining"))["calls"] == 1
        await caller.writes("number 12")
        await caller.reads("Number 12.")
        async with calling(livekit, "desk") as late:
            await caller.writes("number 13")
            await caller.reads("Number 13.")
            assert not late.agents
        assert runner.process.poll() is None
        await caller.writes("goodbye")
        await caller.reads("Goodbye.")
        await caller.sees_end()
    assert await runner.ended(within=15) == 0
    assert await runner.left() == []
    assert runner.named("session_ended")[0]["reason"] == "end_call"


async def test_a_drain_that_runs_out_ends_the_call(livekit, lkrun_serve, write):
    """A call that goes on for longer than --drain is ended in order; the exit code is 0."""
    runner = lkrun_serve(write(agents=VOICE), "--drain", "1s")
    await runner.event("ready")
    async with calling(livekit, "desk") as caller:
        await caller.reads("Hello there.")
        runner.send(signal.SIGTERM)
        await caller.sees_end(within=10)
        assert await runner.ended(within=15) == 0
    assert runner.named("session_ended")[0]["reason"] == "shutdown"


async def test_a_second_signal_ends_everything_now(livekit, lkrun_serve, write):
    """The second SIGTERM waits for no call."""
    runner = lkrun_serve(write(agents=VOICE), "--drain", "60s")
    await runner.event("ready")
    async with calling(livekit, "desk") as caller:
        await caller.reads("Hello there.")
        runner.send(signal.SIGTERM)
        await runner.event("draining")
        runner.send(signal.SIGTERM)
        await caller.sees_end(within=10)
        assert await runner.ended(within=10) == 0
    assert await runner.left() == []
    assert runner.named("session_ended")[0]["reason"] == "shutdown"


async def test_ctrl_c_at_a_terminal_lets_a_call_end(livekit, lkrun_serve, write):
    """Ctrl-C reaches all processes: a call that is just beginning goes on, until the second one."""
    runner = lkrun_serve(write(agents=VOICE), "--drain", "60s")
    runner.code = 130
    await runner.event("ready")
    async with calling(livekit, "desk") as caller:
        while not runner.jobs():  # noqa: ASYNC110 - nobody tells when a process has been begun
            await asyncio.sleep(0)
        runner.ctrl_c()
        assert (await runner.event("draining"))["calls"] == 1
        await caller.reads("Hello there.")
        await caller.writes("number 12")
        await caller.reads("Number 12.")
        runner.ctrl_c()
        await caller.sees_end(within=10)
        assert await runner.ended(within=10) == 130
    assert await runner.left() == []
    assert runner.named("session_ended")[0]["reason"] == "shutdown"


async def test_signals_without_end_make_no_other_end(lkrun_serve, write):
    """Whoever signals on and on gets the same exit code, and nothing is left behind."""
    runner = lkrun_serve(write(agents=VOICE))
    await runner.event("ready")
    while runner.process.poll() is None:
        runner.send(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            await runner.ended(within=0.01)
    assert runner.process.returncode == 0
