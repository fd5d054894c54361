"""Files that change while calls are on."""

from __future__ import annotations

import asyncio
import json
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest
from support.live.callers import calling
from support.live.folders import TEXT, VOICE
from support.live.served import Served

pytestmark = pytest.mark.timeout(240)

CHANGED = VOICE.replace("Hello there.", "Welcome anew.").replace("say: Number", "say: Figure")

SPOKEN = """
agents:
  phone:
    start: phone_desk
    llm: brain
    stt: ears
    tts: voice
    turn_taking:
      detection: vad
personas:
  phone_desk:
    instructions: Be short.
    greeting:
      say: Phone desk.
providers:
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  voice:
    tts: espeak
"""
"""An agent that speaks, with the model of `TEXT`."""


def one(name: str, says: str, brain: str = "brain") -> str:
    """An agent that writes."""
    return f"""
agents:
  {name}:
    start: {name}_desk
    mode: text
    llm: {brain}
personas:
  {name}_desk:
    instructions: You are a desk.
    greeting:
      say: {says}
"""


def thinking(brain: str = "brain") -> str:
    """The model of `TEXT`."""
    return TEXT[TEXT.index("providers:") :].replace("  brain:", f"  {brain}:")


async def ask(runner: Served, path: str, data: Any = None) -> Any:
    """Ask the runner's front; JSON is read."""
    return await asyncio.to_thread(_ask, f"{runner.http}{path}", data)


def _ask(url: str, data: Any) -> Any:
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - as above
        text = answer.read().decode()
        return json.loads(text) if "json" in answer.headers["Content-Type"] else text


async def sessions(runner: Served) -> dict[str, float]:
    """Of the metric `lkrun_sessions`, the rows that are not 0: `release/agent/kind` → how many."""
    diagnostic = {}
    for line in (await ask(runner, "/metrics")).splitlines():
        if line.startswith("lkrun_sessions{"):
            labels, _, count = line.partition("{")[2].rpartition("} ")
            named = dict(each.split("=") for each in labels.replace('"', "").split(","))
            diagnostic["{release}/{agent}/{kind}".format(**named)] = float(count)
    return {row: count for row, count in diagnostic.items() if count}


def stored(runner: Served) -> list[str]:
    """The releases that lie in its store."""
    return sorted(path.stem for path in runner.runtime.glob("lkrun-*/releases/*.json"))


def memory(runner: Served) -> float:
    """MB that the main process alone has."""
    return float(psutil.Process(runner.process.pid).memory_full_info().uss) / 1e6


async def test_a_changed_file_is_for_the_next_call_and_a_broken_one_for_none(
    livekit, lkrun_serve, write
):
    """The running call keeps what it began with; a mistake changes nothing, and is told."""
    folder = write(agents=VOICE)
    runner = lkrun_serve(folder)
    first = (await runner.event("ready", within=60))["release"]
    async with calling(livekit, "desk") as old:
        await old.reads("Hello there.")
        write(agents=CHANGED)
        reload = await runner.event("reload")
        assert (reload["result"], reload["diagnostics"]) == ("ok", [])
        assert reload["release"] != first
        async with calling(livekit, "desk") as new:
            await new.reads("Welcome anew.")
            await new.writes("number 5")
            await new.reads("Figure 5.")
        await old.writes("number 6")
        await old.reads("Number 6.")
        write(agents=CHANGED.replace("start: desk", "start: dusk"))
        rejected = await runner.event("reload", nth=2)
        assert (rejected["result"], rejected["release"]) == ("rejected", reload["release"])
        assert [diagnostic["file"] for diagnostic in rejected["diagnostics"]] == ["agents.yaml"]
        async with calling(livekit, "desk") as third:
            await third.reads("Welcome anew.")
        await old.writes("number 7")
        await old.reads("Number 7.")
    started = {event["room"]: event["release"] for event in runner.named("session_started")}
    assert started == {old.room: first, new.room: reload["release"], third.room: reload["release"]}


async def test_twenty_reloads_leave_a_call_alone_and_nothing_behind(livekit, lkrun_serve, write):
    """Ten good and ten bad saves: the call goes on by voice, the next ones have the new words."""
    runner = lkrun_serve(
        write(voice=VOICE, text=one("north", "North.", "north"), model=thinking("north"))
    )
    first = (await runner.event("ready", within=60))["release"]
    releases, level = [first], 0.0
    async with calling(livekit, "desk") as old:
        await old.reads("Hello there.")
        (agent,) = old.agents
        (job,) = await runner.until(runner.jobs, 10)
        for number in range(10):
            good = one("north", f"Desk {number}.", "north")
            write(voice=CHANGED.replace("anew", f"anew {number}"), text=good)
            reload = await runner.event("reload", nth=2 * number + 1)
            assert reload["result"] == "ok", reload
            releases.append(reload["release"])
            async with calling(livekit, "north") as new:
                await new.reads(f"Desk {number}.")
                write(text=good.replace("start: north_desk", "start: nobody"))
                rejected = await runner.event("reload", nth=2 * number + 2)
                assert (rejected["result"], rejected["release"]) == ("rejected", releases[-1])
                await new.writes(f"number {number}")
                await new.reads(f"I have number {number}.")
            heard = old.mark()
            await old.writes(f"number {number}")
            await old.reads(f"Number {number}.")
            await old.hears(heard)
            if number == 2:  # what is loaded once has been loaded
                await runner.event("session_ended", nth=3)
                level = memory(runner)
        await runner.event("session_ended", nth=10)
        assert await sessions(runner) == {f"{first}/desk/call": 1}
        assert stored(runner) == sorted({first, releases[-1]})
        assert [p.sid for p in old.agents] == [agent.sid]
        assert job in runner.jobs()
        assert set(old.states) <= {"CONN_CONNECTED", "CONN_DISCONNECTED"}
    ended = await runner.event("session_ended", room=old.room)
    assert (ended["release"], ended["reason"], ended["turns"]) == (first, "caller_left", 10)
    assert len(set(releases)) == 11
    begun = [event["release"] for event in runner.named("session_started")]
    assert begun == [first, *releases[1:]]
    assert await sessions(runner) == {}
    assert stored(runner) == [releases[-1]]
    await gone(runner)
    assert memory(runner) < level + 10
    for lost in ("dispatch_repeated", "session_refused", "worker_failed", "session_given_up"):
        assert not runner.named(lost)


async def gone(runner: Served, within: float = 10.0) -> None:
    """Wait until no process of a call is left."""
    deadline = time.monotonic() + within
    while runner.jobs():  # processes tell nobody that they end
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def registered(runner: Served) -> set[str]:
    """The agents that LiveKit knows."""
    return {each["name"] for each in await ask(runner, "/v1/agents") if each["registered"]}


async def test_agents_come_and_go_with_their_files(livekit, lkrun_serve, write):
    """Added, renamed, switched off and removed ones: registrations follow, calls finish."""
    folder: Path = write(north=one("north", "North desk."), model=thinking())
    west, east = one("west", "West desk."), one("east", "East desk.")
    runner = lkrun_serve(folder)
    await runner.event("ready", within=60)
    async with calling(livekit, "west") as waiting:
        saved = time.monotonic()
        write(west=west)
        assert (await runner.event("reload"))["result"] == "ok"
        async with calling(livekit, "west") as called:
            await called.reads("West desk.", within=20)
            assert time.monotonic() - saved < 15
        await waiting.reads("West desk.", within=25)
        # `called` may have come before the agent was registered, and its call was repeated too
        repeated = {(e["agent"], e["room"]) for e in runner.named("dispatch_repeated")}
        assert ("west", waiting.room) in repeated
        assert repeated <= {("west", waiting.room), ("west", called.room)}

        write(west=east)
        assert (await runner.event("reload", nth=2))["result"] == "ok"
        async with calling(livekit, "east") as renamed, calling(livekit, "west") as nobody:
            await renamed.reads("East desk.", within=20)
            assert await registered(runner) == {"north", "east"}
            await waiting.writes("number 1")
            await waiting.reads("I have number 1.")

            write(west=east.replace("mode: text", "mode: text\n    enabled: no"))
            assert (await runner.event("reload", nth=3))["result"] == "ok"
            assert await registered(runner) == {"north"}
            await renamed.writes("number 2")
            await renamed.reads("I have number 2.")

            (folder / "west.yaml").unlink()
            assert (await runner.event("reload", nth=4))["result"] == "unchanged"
            async with calling(livekit, "east") as late, calling(livekit, "north") as north:
                await north.reads("North desk.")
                await renamed.writes("number 3")
                await renamed.reads("I have number 3.")
                assert not late.agents
                assert not nobody.agents

                write(west=west)
                assert (await runner.event("reload", nth=5))["result"] == "ok"
                await nobody.reads("West desk.", within=25)
                assert not late.agents
    await runner.event("session_ended", nth=5)
    ends = {event["room"]: event["reason"] for event in runner.named("session_ended")}
    assert ends == dict.fromkeys(
        (called.room, waiting.room, renamed.room, north.room, nobody.room), "caller_left"
    )


async def test_a_reload_that_is_asked_for(livekit, lkrun_serve, write):
    """By HTTP and by signal, where nobody follows the folder; a call then has the new words."""
    folder = write(agents=TEXT)
    runner = lkrun_serve(folder, "--no-reload")
    ready = await runner.event("ready", within=60)
    served = await ask(runner, "/-/release")
    assert (served["id"], served["agents"]) == (ready["release"], ["north", "south"])
    write(agents=TEXT.replace("North desk.", "Northern desk."))
    answer = await ask(runner, "/-/reload", {})
    assert (answer["result"], answer["diagnostics"]) == ("ok", [])
    assert (await ask(runner, "/-/release"))["id"] == answer["release"] != ready["release"]
    async with calling(livekit, "north") as caller:
        await caller.reads("Northern desk.")
    assert (await ask(runner, "/-/reload", {}))["result"] == "unchanged"
    write(agents=TEXT.replace("start: south_desk", "start: nobody"))
    rejected = await ask(runner, "/-/reload", {})
    assert (rejected["result"], rejected["release"]) == ("rejected", answer["release"])
    assert [(d["code"], d["file"]) for d in rejected["diagnostics"]] == [("E202", "agents.yaml")]
    metrics = await ask(runner, "/metrics")
    assert "lkrun_config_last_reload_successful 0.0" in metrics
    write(agents=TEXT.replace("North desk.", "Far north desk."))
    runner.send(signal.SIGHUP)
    reload = await runner.event("reload", nth=4)
    assert reload["result"] == "ok"
    async with calling(livekit, "north") as caller:
        await caller.reads("Far north desk.")
    metrics = await ask(runner, "/metrics")
    assert "lkrun_config_last_reload_successful 1.0" in metrics
    for result, count in (("ok", 2), ("rejected", 1), ("unchanged", 1)):
        assert f'lkrun_config_reloads_total{{result="{result}"}} {count}.0' in metrics
    assert f'lkrun_release_info{{release="{reload["release"]}"' in metrics


async def test_an_agent_that_needs_another_package_renews_the_processes(
    livekit, lkrun_serve, write
):
    """A call of before goes on and ends in order; the first one that speaks is answered."""
    folder = write(agents=TEXT)
    runner = lkrun_serve(folder)
    await runner.event("ready", within=60)
    rule = "        - when_caller_says: bye\n          call: end_call\n"
    ending = TEXT.replace("      rules:\n", f"      rules:\n{rule}")
    ending = ending.replace("    greeting:\n", "    tools:\n      - end_call\n    greeting:\n")
    write(agents=ending)
    await runner.event("reload")
    async with calling(livekit, "north") as old:
        await old.reads("North desk.")
        write(phone=SPOKEN)
        reload = await runner.event("reload", nth=2)
        assert (reload["result"], reload["diagnostics"]) == ("ok", [])
        renewed = await runner.event("processes_renewed")
        packages = [reason.split()[0] for reason in renewed["reasons"]]
        assert packages == ["lkrun-espeak", "lkrun-pocketsphinx"]
        async with calling(livekit, "phone") as new:
            await new.hears_end(within=30)
            await new.reads("Phone desk.")
        await old.writes("number 4")
        await old.reads("I have number 4.")
        await old.writes("bye")
        await old.sees_end()
    ended = await runner.event("session_ended", room=old.room)
    assert ended["reason"] == "end_call"
    assert (await runner.event("session_ended", room=new.room))["reason"] == "caller_left"


LIVE = """
agents:
  desk:
    start: greeter
    mode: text
    llm: brain
    reload: next_turn
    variables:
      name:
        description: The caller's name
    tools:
      - remember
personas:
  greeter:
    instructions: You greet.
    greeting:
      say: Welcome.
tools:
  recall:
    description: Say who the caller is.
    say: You are {{ name }}.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_matches: 'i am (?P<name>[a-z]+)'
          call:
            remember:
              name: "{name}"
        - when_tool_answered: remember
          say: I know you now.
        - when_caller_says: who am i
          call: recall
      otherwise: I hear you.
"""


async def test_a_running_call_takes_what_is_saved_at_its_next_turn(livekit, lkrun_serve, write):
    """New words and a new tool, no second greeting, nothing forgotten; what waits is named."""
    folder = write(agents=LIVE)
    runner = lkrun_serve(folder)
    first = (await runner.event("ready", within=60))["release"]
    async with calling(livekit, "desk") as caller:
        await caller.reads("Welcome.")
        agent = await caller.meets_agent()
        await caller.writes("i am bob")
        await caller.reads("I know you now.")
        changed = LIVE.replace("      - remember\n", "      - remember\n      - recall\n")
        changed = changed.replace("Welcome.", "Greetings.").replace("I hear", "I understand")
        changed = changed.replace(
            "    mode: text\n", "    mode: text\n    room:\n      sync_text: no\n"
        )
        write(agents=changed)
        release = (await runner.event("reload"))["release"]
        renewed = await runner.event("session_renewed")
        assert (renewed["agent"], renewed["release"]) == ("desk", release)
        assert renewed["waiting"] == ["agents.desk.room.sync_text"]
        assert "agents.desk.tools" in renewed["live"]
        assert await sessions(runner) == {f"{release}/desk/call": 1}
        assert stored(runner) == [release]
        await caller.writes("hello")
        await caller.reads("I understand you.")
        await caller.writes("who am i")
        await caller.reads("You are bob.")
        assert "Greetings." not in caller.told
        assert caller.told.count("Welcome.") == 1
        assert [p.sid for p in caller.agents] == [agent.sid]
        write(agents=changed.replace("greeter", "porter").replace("Greetings.", "I carry bags."))
        third = await runner.event("reload", nth=2)
        kept = await runner.event("session_not_renewed")
        assert (kept["release"], third["result"]) == (release, "ok")
        assert "greeter" in kept["reason"]
        await caller.writes("who am i")
        await caller.reads("You are bob.", times=2)
        async with calling(livekit, "desk") as new:
            await new.reads("I carry bags.")
    ended = await runner.event("session_ended", room=caller.room)
    assert (ended["release"], ended["reason"]) == (release, "caller_left")
    assert release != first
