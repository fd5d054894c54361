"""What goes away while a runner serves: LiveKit, the process of a call, a dispatch."""

from __future__ import annotations

import os
import signal
import time

import aiohttp
from support import stuck
from support.live.callers import calling
from support.live.folders import TEXT, VOICE
from support.live.served import ROOT

AT_MOST = 25.0
"""Seconds after which a caller has another agent, whose own does not come back."""


async def test_a_runner_comes_back_when_livekit_does(livekit, lkrun_serve, write):
    """Away at the start, or in a call: it is said once each, to who asks too, until it is back."""
    livekit.kill()
    runner = lkrun_serve(write(agents=VOICE))
    try:
        await runner.event("livekit_lost", within=20)
        await nobody_is_let_in(runner, (await runner.event("listening"))["http"])
    finally:
        livekit.start()
    await runner.event("ready", within=30)
    assert len(runner.named("livekit_back")) == 1
    async with calling(livekit, "desk") as caller:
        await caller.reads("Hello there.")
        livekit.kill()
        await runner.event("livekit_lost", within=20, nth=2)
        await nobody_is_let_in(runner, runner.http)
        livekit.start()
        await runner.event("livekit_back", within=30, nth=2)
        async with calling(livekit, "desk") as another:
            await another.reads("Hello there.")
            await another.hears()
    assert len(runner.named("livekit_lost")) == 2
    assert len(runner.named("livekit_back")) == 2


async def nobody_is_let_in(runner, address):
    """Every way to a call, and `/ready`, say that LiveKit is away and what is to be done."""
    url = runner.named("livekit_lost")[0]["url"]
    async with aiohttp.ClientSession() as session:
        for method, path in (
            ("POST", "/token"), ("GET", "/token"), ("GET", "/connection-details"),
            ("POST", "/create-room"), ("GET", "/ready"),
        ):  # fmt: skip
            async with session.request(method, address + path) as answer:
                error = (await answer.json())["error"]
            assert (answer.status, error["code"]) == (503, "not_ready"), path
            assert f"LiveKit at {url} cannot be reached (" in error["message"]
            assert "correct LIVEKIT_URL" in f"{error['message']} {error['help']}"
        async with session.get(f"{address}/health") as answer:
            assert answer.status == 200


async def test_a_call_whose_process_is_killed_takes_no_other_with_it(livekit, lkrun_serve, write):
    """Others go on, a new call is answered, and the caller gets an agent again."""
    runner = lkrun_serve(write(agents=VOICE))
    await runner.event("ready")
    async with calling(livekit, "desk") as lucky, calling(livekit) as unlucky:
        await lucky.reads("Hello there.")
        before = runner.jobs()
        await livekit.dispatch(unlucky.room, "desk")
        await unlucky.reads("Hello there.")
        (job,) = runner.jobs() - before
        os.kill(job, signal.SIGKILL)
        ended = await runner.event("session_ended", room=unlucky.room)
        assert ended["reason"] == "crashed"
        await lucky.writes("number 7")
        await lucky.reads("Number 7.")
        async with calling(livekit, "desk") as another:
            await another.reads("Hello there.")
        await unlucky.reads("Hello there.", times=2)
    await runner.event("session_ended", reason="caller_left", nth=3)


async def test_a_call_whose_process_is_blocked_is_given_another(
    livekit, lkrun_serve, write, tmp_path
):
    """A plugin that sleeps where it should wait is named; its caller gets an agent again."""
    site = tmp_path / "site"
    stuck.install(site)
    runner = lkrun_serve(write(agents=stuck.FOLDER), PYTHONPATH=f"{site}{os.pathsep}{ROOT}")
    await runner.event("ready")
    async with calling(livekit, "stuck") as caller, calling(livekit, "stuck") as other:
        await caller.reads("Welcome.")
        await other.reads("Welcome.")
        began = time.monotonic()
        await caller.writes("block 1000")
        blocked = await runner.event("provider_blocked")
        assert (blocked["provider"], blocked["package"]) == ("llm 'stuck'", "lkrun-stuck 1.5")
        await other.writes("hello")
        await other.reads("You said hello.")
        await runner.event("call_process_ended", room=caller.room, within=30)
        ended = await runner.event("session_ended", room=caller.room)
        assert ended["reason"] == "crashed"
        await caller.reads("Welcome.", times=2)
        assert time.monotonic() - began < AT_MOST
        await caller.writes("hello")
        await caller.reads("You said hello.")
    await runner.event("session_ended", reason="caller_left", nth=2)


async def test_a_caller_who_came_before_the_runner_is_served(livekit, lkrun_serve, write):
    """LiveKit forgets a dispatch that finds nobody; the runner looks for who waits."""
    async with calling(livekit, "north") as early:
        runner = lkrun_serve(write(agents=TEXT))
        await runner.event("ready")
        await runner.event("dispatch_repeated", room=early.room)
        await early.reads("North desk.")
        await early.writes("number 3")
        await early.reads("I have number 3.")
    assert len(runner.named("session_started")) == 1
