"""Files that change while calls are on."""

from __future__ import annotations

from live.callers import calling
from live.folders import VOICE

CHANGED = VOICE.replace("Hello there.", "Welcome anew.").replace("say: Number", "say: Figure")


async def test_a_changed_file_is_for_the_next_call_and_a_broken_one_for_none(
    livekit, lkrun_serve, write
):
    """The running call keeps what it began with; a mistake changes nothing, and is told."""
    folder = write(agents=VOICE)
    runner = lkrun_serve(folder)
    first = (await runner.event("ready"))["release"]
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
        assert [found["file"] for found in rejected["diagnostics"]] == ["agents.yaml"]
        async with calling(livekit, "desk") as third:
            await third.reads("Welcome anew.")
        await old.writes("number 7")
        await old.reads("Number 7.")
    started = {event["room"]: event["release"] for event in runner.named("session_started")}
    assert started == {old.room: first, new.room: reload["release"], third.room: reload["release"]}
