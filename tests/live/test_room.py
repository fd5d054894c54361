"""What becomes of a room when its call ends: `room.delete_on_close`."""

from __future__ import annotations

import asyncio

import pytest
from livekit import api
from support.live.callers import calling
from support.live.folders import TEXT

ENDING = """
        - when_caller_says: bye
          say: Goodbye.
          call: end_call
"""


def folder(key):
    agent = TEXT.replace("    llm: brain\n", "    llm: brain\n    tools:\n      - end_call\n", 1)
    room = f"    room:\n      delete_on_close: {key}\n" if key else ""
    agent = agent.replace("    llm: brain\n", f"    llm: brain\n{room}", 1)
    return agent.replace("      rules:\n", f"      rules:{ENDING}", 1)


async def dispatches(livekit, room):
    async with livekit.api() as server:
        return await server.agent_dispatch.list_dispatch(room)


async def rooms(livekit):
    async with livekit.api() as server:
        return [r.name for r in (await server.room.list_rooms(api.ListRoomsRequest())).rooms]


@pytest.mark.parametrize("key", [None, "yes"])
@pytest.mark.cold
async def test_the_end_of_a_call_closes_its_room(livekit, lkrun_serve, write, key):
    """Where the agent ends the call, everybody is let go: a phone hangs up."""
    runner = lkrun_serve(write(agents=folder(key)))
    await runner.event("ready")
    async with (
        calling(livekit, "north") as caller,
        calling(livekit, room=caller.room) as colleague,
    ):
        await caller.reads("North desk.")
        await caller.writes("bye")
        await caller.reads("Goodbye.")
        await caller.sees_end()
        await colleague.sees_end()
        assert caller.room not in await rooms(livekit)


async def test_a_room_that_is_kept_outlives_the_agent(livekit, lkrun_serve, write):
    """With delete_on_close: no the agent leaves, and whoever else is there stays, undisturbed."""
    runner = lkrun_serve(write(agents=folder("no")))
    await runner.event("ready")
    async with (
        calling(livekit, "north") as caller,
        calling(livekit, room=caller.room) as colleague,
    ):
        await caller.reads("North desk.")
        await caller.writes("bye")
        await caller.reads("Goodbye.")
        assert (await runner.event("session_ended"))["reason"] == "end_call"
        for each in (caller, colleague):
            await each.until(lambda each=each: not each.agents, "the agent's leaving")
        async with asyncio.timeout(15):
            while await dispatches(livekit, caller.room):  # noqa: ASYNC110 - LiveKit tells nobody
                await asyncio.sleep(0.1)
        assert caller.gone is colleague.gone is None
        assert caller.room in await rooms(livekit)
        assert not caller.agents
        await colleague.client.local_participant.send_text("Still here?", topic="lk.chat")


@pytest.mark.parametrize("key", [None, "no", "yes"])
async def test_a_caller_who_leaves(livekit, lkrun_serve, write, key):
    """When the caller leaves, the room is closed with yes only: others may stay."""
    runner = lkrun_serve(write(agents=folder(key)))
    await runner.event("ready")
    async with calling(livekit, "north") as caller:
        await caller.reads("North desk.")
        async with calling(livekit, room=caller.room) as colleague:
            await caller.leave()
            assert (await runner.event("session_ended"))["reason"] == "caller_left"
            if key == "yes":
                await colleague.sees_end()
            else:
                await colleague.until(lambda: not colleague.agents, "the agent's leaving")
                assert colleague.gone is None
