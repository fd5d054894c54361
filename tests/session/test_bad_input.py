"""What callers do that no form foresees: nothing, all at once, another language, keys too early."""

from __future__ import annotations

import asyncio
import json

import pytest
from support.voice_folder import FOLDER as BY_VOICE
from support.voice_folder import said
from support.wild import Wild

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    idle:
      after: 30ms
      say: Still there?
      times: 2
      then:
        end_call: Goodbye then.
personas:
  host:
    instructions: You are the host.
    handoffs:
      billing:
        when: It is about money.
    greeting:
      say: Good day.
  billing:
    instructions: You are billing.
    needs:
      invoice:
        type: digits
        length: 3
        ask: Which invoice?
      who:
        type: name
        ask: Who are you?
        confirm: "{{ who }}, right?"
      size:
        type: choice
        choices:
          - small
          - large
        ask: Small or large?
    when_known:
      say: "Invoice {{ invoice }} of {{ who }}, {{ size }}."
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
"""
STORY = "It is a long story. It has many parts. It goes on and on. "
BUSY = FOLDER.replace("      after: 30ms\n", "      after: 10m\n")


def call(name, **given):
    return [(name, json.dumps(given))]


async def begun(begin, *answers, folder=BUSY):
    return await begin(folder, models={"brain": Wild(*answers)})


async def test_everything_at_once_is_taken_with_the_handoff(begin):
    """Who says all in the first sentence is asked nothing but whether it is right."""
    given = call("transfer_to_billing", invoice="118", who="Ann", size="large")
    talk = await begun(begin, given)
    assert (await talk.say("118 for Ann, a large one")).texts == ["Ann, right?"]
    assert "Invoice 118 of Ann, large." in (await talk.say("yes")).texts


@pytest.mark.parametrize("heard", ["one one ate", "hundred and eighteen", "11", "1180", ""])
async def test_a_number_in_words_with_a_mistake_is_asked_for_again(begin, heard):
    """What is no number of that length is not taken, whatever the model makes of it."""
    talk = await begun(
        begin,
        call("transfer_to_billing"),
        call("fill_in", invoice=heard),
        call("fill_in", invoice="118"),
    )
    await talk.say("money")
    events = await talk.say("one one ate")
    assert events.texts == ["Which invoice?"]
    assert "invoice" not in talk.conversation.variables
    await talk.say("one one eight")
    assert talk.conversation.variables["invoice"] == "118"


async def test_an_answer_in_another_language_is_understood_by_the_model(begin):
    """A yes that lkrun does not know in this language counts once the model says it is one."""
    talk = await begun(
        begin, call("transfer_to_billing", invoice="118", size="small"), call("fill_in", who="Ann"),
        call("fill_in", confirmed=True),
    )  # fmt: skip
    await talk.say("money")
    assert (await talk.say("je m'appelle Ann")).texts == ["Ann, right?"]
    assert "Invoice 118 of Ann, small." in (await talk.say("tout \u00e0 fait")).texts


async def test_who_says_nothing_is_asked_about_the_silence_then_the_call_ends(begin):
    """Silence answers no question: nothing is taken, and no try of theirs is used up."""
    talk = await begin(FOLDER, models={"brain": Wild(call("transfer_to_billing"))}, channel="text")
    assert (await talk.say("money")).texts == ["Which invoice?"]
    end = await talk.until(lambda event: event["type"] == "end")
    assert end["reason"] == "end_call"
    assert talk.events.texts[-3:] == ["Still there?", "Still there?", "Goodbye then."]
    assert "invoice" not in talk.conversation.variables


async def test_keys_during_speech_cut_it_short(begin):
    """Who knows the way does not wait for the words to end; what they press is done."""
    keypad = '    keypad:\n      "1":\n        say: Billing here.\n'
    folder = BY_VOICE.replace("EXTRA\n", "").replace("      TURNS\n", "")
    folder = folder.replace("    greeting:\n", f"{keypad}    greeting:\n", 1)
    speaks, gate = asyncio.Event(), asyncio.Event()

    async def story():
        yield STORY
        await gate.wait()
        yield "It has no end."

    talk = await begin(folder, channel="voice", models={"brain": Wild(lambda _: story())})
    await talk.until(said("Good day."))
    session = talk.conversation.session
    session.on("agent_state_changed", lambda e: e.new_state == "speaking" and speaks.set())
    session.generate_reply(user_input="Tell me.")
    await speaks.wait()
    talk.conversation._call.keys.press("1")
    await talk.until(said("Billing here."))
    assert not gate.is_set()
    assert talk.events.texts[1:] == [STORY, "Billing here."]  # nothing is missing, nobody is sorry
