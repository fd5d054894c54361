"""Callers who hang up while a tool works, who come back, and who speak over the first words."""

from __future__ import annotations

import asyncio

import pytest
from support.live.callers import Caller, calling
from support.live.folders import VOICE
from support.stub_service import ok

pytestmark = pytest.mark.timeout(120)

BOOKING = """
tools:
  book:
    description: Book it.
    http:
      method: POST
      url: http://127.0.0.1:PORT/book
runner:
  network:
    allow:
      - 127.0.0.1
"""


async def test_a_tool_does_not_hold_a_call_whose_caller_has_left(stub, livekit, lkrun_serve, write):
    """The session ends while the service still works, and the service is let finish."""
    done = asyncio.Event()

    async def works(writer):
        await stub.release.wait()
        writer.write(ok())
        await writer.drain()
        done.set()

    stub.reply = works
    folder = VOICE.replace("      - end_call\n", "      - end_call\n      - book\n", 1)
    folder = folder.replace("        - when_caller_says: goodbye\n          call: end_call\n",
        "        - when_caller_says: goodbye\n          call: book\n")  # fmt: skip
    runner = lkrun_serve(write(agents=folder + BOOKING.replace("PORT", str(stub.port))))
    await runner.event("ready")
    async with calling(livekit, "desk") as caller:
        await caller.reads("Hello there.")
        await caller.writes("goodbye")
        await asyncio.wait_for(stub.arrived.acquire(), 10)
    ended = await runner.event("session_ended", within=3)
    assert ended["reason"] == "caller_left"
    assert not done.is_set()
    stub.release.set()
    await asyncio.wait_for(done.wait(), 5)


async def test_who_comes_back_finds_the_agent(livekit, lkrun_serve, write):
    """A caller who leaves in order and returns goes on talking with the same session."""
    room = "    room:\n      wait_for_return: 10s\n    turn_taking:\n"
    runner = lkrun_serve(write(agents=VOICE.replace("    turn_taking:\n", room, 1)))
    await runner.event("ready")
    async with calling(livekit, "desk", voice=True) as caller:
        await caller.hears_end()
    again = Caller(livekit, caller.room, caller.identity)
    await again.join(livekit.token(caller.room, caller.identity))
    try:
        await again.speak_up()
        await again.meets_agent()
        heard = again.mark()
        again.says("hello")  # a line that is written at once may be there before its writer
        await again.reads("What did you say?")
        await again.hears_end(heard)
        heard = again.mark()
        again.says("thank you goodbye")
        await again.reads("Goodbye.")
        await again.hears(heard)
    finally:
        await again.leave()
    ended = await runner.event("session_ended")
    assert (ended["reason"], len(runner.named("session_started"))) == ("end_call", 1)


async def test_what_is_said_over_the_first_words_is_answered(livekit, lkrun_serve, write):
    """Words in the first seconds do not interrupt the greeting, and are answered after it."""
    greeting = "Hello there and welcome, we are glad that you called us this fine morning."
    folder = VOICE.replace("Hello there.", greeting)
    folder = folder.replace("        - thank you goodbye", "        - number seven please")
    folder = folder.replace(
        "        - when_caller_says: goodbye\n",
        "        - when_caller_says: seven\n          say: Seven it is.\n"
        "        - when_caller_says: goodbye\n",
    )
    runner = lkrun_serve(write(agents=folder))
    await runner.event("ready")
    async with calling(livekit, "desk", voice=True) as caller:
        await caller.hears()
        caller.says("number seven please")
        await caller.reads("this fine morning.")
        await caller.reads("Seven it is.")
        assert caller.told.index("fine morning") < caller.told.index("Seven it is")


async def test_a_button_says_when_the_caller_speaks(livekit, lkrun_serve, write):
    """With `detection: manual` the caller's app calls methods of the agent (push to talk)."""
    runner = lkrun_serve(write(agents=VOICE.replace("detection: vad", "detection: manual")))
    await runner.event("ready")
    async with calling(livekit, "desk", voice=True) as caller:
        agent = await caller.meets_agent()
        await caller.hears_end()

        async def presses(method):
            me = caller.client.local_participant
            return await me.perform_rpc(
                destination_identity=agent.identity, method=method, payload=""
            )

        assert await presses("start_turn") == "{}"
        caller.says("hello")
        heard = lambda: [line for line in caller.lines if line.speaker == caller.identity]  # noqa: E731 - looked at until it is so
        await caller.until(heard, "what the caller says in writing")
        assert await presses("end_turn") == "{}"
        await caller.reads("What did you say?")
