"""`idle` in a conversation by text: as by voice, counted from the last word."""

from __future__ import annotations

import asyncio

import pytest

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    idle:
      after: AFTER
      say: Still there?
      times: 2
      then:
        end_call: Goodbye then.
personas:
  host:
    instructions: x
    greeting:
      say: Good day.
    tools:
    - wait
providers:
  brain:
    llm: script
    with:
      rules:
      - when_caller_says: moment
        call: wait
      otherwise: I hear you.
"""


@pytest.fixture
def chat(begin):
    """Begin a conversation by text whose silence lasts as long as wanted."""

    async def start(after="30ms", **more):
        return await begin(FOLDER.replace("AFTER", after), channel="text", **more)

    return start


def ended(event):
    return event["type"] == "end"


def said(text):
    return lambda event: event.get("text") == text


async def test_silence_is_asked_about_then_the_conversation_ends(chat):
    """Each prompt, the last words and the reason are told as they happen, without a turn."""
    talk = await chat()
    end = await talk.until(ended)
    assert end["reason"] == "end_call"
    assert talk.events.texts == ["Good day.", "Still there?", "Still there?", "Goodbye then."]
    assert await talk.conversation.ended == "end_call"


async def test_who_writes_again_is_asked_anew(chat):
    """An answer after a prompt counts as a word of the caller: the prompts begin again."""
    talk = await chat("80ms")
    await talk.until(said("Still there?"))
    assert (await talk.say("yes")).texts[0] == "I hear you."
    await talk.until(ended)
    assert talk.events.texts.count("Still there?") in (3, 4)  # one or two before the answer
    after = talk.events.texts[talk.events.texts.index("I hear you.") + 1 :]
    assert after == ["Still there?", "Still there?", "Goodbye then."]


async def test_where_nobody_waits_nobody_asks(chat):
    """A program that takes its time is not hurried: the session has no such clock."""
    talk = await chat(idle=False)
    assert talk.conversation.session.options.user_away_timeout is None
    assert (await talk.say("hello")).texts == ["I hear you."]


async def test_the_wait_tool_holds_it_by_text_too(chat):
    """A moment that the caller takes is not asked about."""
    talk = await chat("10s")
    await talk.say("one moment")
    left = talk.conversation._parts.timers._held_until - asyncio.get_running_loop().time()
    assert 110 < left <= 120
