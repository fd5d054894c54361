"""Conversations with the demonstration on a real LiveKit server: by voice and by text."""

from __future__ import annotations

import pytest
from lkrun_espeak.engine import Manner
from support.live.callers import calling
from support.live.sound import likeliest, understood

pytestmark = pytest.mark.timeout(120)

VOICES = {
    "warm": Manner("en-us", 165, 50, 100),
    "bright": Manner("en-gb", 175, 65, 100),
    "formal": Manner("en-us", 150, 30, 100),
}
"""As in the demonstration's providers.yaml."""

GREETED = "good day this is sunrise dental how can i help you"
PAID = "invoice one hundred eighteen over ninety dollars is paid"
SENTENCES = (
    GREETED,
    PAID,
    "billing department which invoice is it about",
    "booking desk hello what shall be done a check up a cleaning or a filling",
    "one moment i am putting you through to billing",
    "one moment i am putting you through to our booking desk",
    "sorry i did not understand you can ask for an appointment or about an invoice",
    "there is no invoice one hundred eighteen",
    "thank you i have noted your name",
)

GREETING = "Good day, this is Sunrise Dental. How can I help you?"


async def test_a_dispatched_agent_greets_in_speech_and_in_writing(livekit, lkrun_serve):
    """A caller's token calls the agent, whose greeting can be understood and read."""
    runner = lkrun_serve()
    await runner.event("ready")
    async with calling(livekit, "clinic") as caller:
        heard = await caller.hears_end()
        await caller.reads(GREETING)
        assert understood(heard, SENTENCES) == GREETED
        assert likeliest(heard, GREETING, VOICES) == "warm"
    ended = await runner.event("session_ended", room=caller.room)
    assert ended["reason"] == "caller_left"


async def test_what_is_said_is_heard_looked_up_and_answered_by_another_persona(
    livekit, lkrun_serve
):
    """Speech is recognised, a handoff changes the voice, and a tool's answer is spoken."""
    runner = lkrun_serve()
    await runner.event("ready")
    async with calling(livekit, "clinic", voice=True) as caller:
        await caller.hears_end()
        mark = caller.mark()
        caller.says("I have a question about my invoice")
        await caller.reads("Which invoice is it about?")
        await caller.hears_end(mark)
        assert any(
            line.speaker == caller.identity and "question about my invoice" in line.text
            for line in caller.lines
        )
        mark = caller.mark()
        caller.says("one hundred eighteen")
        await caller.reads("Invoice 118 over 90 dollars is paid.")
        heard = await caller.hears_end(mark)
    assert understood(heard, SENTENCES) == PAID
    assert likeliest(heard, "Invoice 118 over 90 dollars is paid.", VOICES) == "formal"
    ended = await runner.event("session_ended", room=caller.room)
    assert ended["turns"] == 2


async def test_the_same_is_had_by_writing_in_the_room(livekit, lkrun_serve):
    """Lines on lk.chat are answered in speech and in writing, with tools and handoffs."""
    runner = lkrun_serve()
    await runner.event("ready")
    async with calling(livekit, "clinic") as caller:
        await caller.hears()
        await caller.writes("I have a question about my invoice")
        await caller.reads("Which invoice is it about?")
        mark = caller.mark()
        await caller.writes("It is number 118")
        await caller.reads("Invoice 118 over 90 dollars is paid.")
        await caller.hears(mark)
        await caller.writes("goodbye")
        await caller.sees_end()
    ended = await runner.event("session_ended", room=caller.room)
    assert ended["reason"] == "end_call"
