"""What others have an agent do in a call in a LiveKit room."""

from __future__ import annotations

import aiohttp
from support.live.callers import calling
from support.live.folders import VOICE


async def test_an_action_is_done_in_a_call(livekit, lkrun_serve, write):
    """Its words are heard, it is done between two turns, and the end is the end of the call."""
    runner = lkrun_serve(write(agents=VOICE))
    await runner.event("ready")
    async with aiohttp.ClientSession(runner.http) as front, calling(livekit, "desk") as caller:
        await caller.reads("Hello there.")
        (session,) = await (await front.get("/v1/sessions")).json()
        path = f"/v1/sessions/{session['id']}/actions"
        told = await front.post(path, json={"say": "Your taxi is here."})
        assert told.status == 204
        await caller.reads("Your taxi is here.")
        await caller.writes("number 12")
        await caller.reads("Number 12.")
        refused = await front.post(path, json={"handoff": "dsk"})
        assert (await refused.json())["error"]["message"] == "unknown persona 'dsk'"
        assert (await front.post(path, json={"end_call": "Goodbye then."})).status == 204
        await caller.reads("Goodbye then.")
        await caller.sees_end()
        assert (await front.post(path, json={"say": "Hello?"})).status == 409
