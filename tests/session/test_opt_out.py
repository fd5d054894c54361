"""`opt_out`: the caller's number is put on the list of those who are never called."""

from __future__ import annotations

import pytest

from runner.session import Caller, CallFacts
from runner.session.lifecycle.verdicts import transcript
from runner.session.lines import line_of

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      sure:
        type: yes_no
        default: "yes"
personas:
  host:
    instructions: Help.
    tools:
      - stop
    intents:
      stop_calling:
        phrases:
          - stop calling me
        then:
          - opt_out: yes
          - say: We will not call you again.
          - end_call: yes
      perhaps:
        phrases:
          - not sure
        opt_out: yes
        if: not sure
    keypad:
      "9":
        - opt_out: yes
        - say: Your number is off our list.
tools:
  stop:
    description: The caller does not want to be called again.
    answer: They will not be called again.
    then: opt_out
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: leave me alone
          call: stop
      otherwise: I see.
"""
PHONE = "+84901234567"


@pytest.fixture
async def talk(begin):
    return await begin(FOLDER, facts=CallFacts(caller=Caller(phone=PHONE)))


def opted_out(events):
    return [event["number"] for event in events if event["type"] == "opt_out"]


@pytest.mark.proves("OptOut.opt_out")
async def test_by_a_phrase(talk):
    """What is said leads there, and the list of actions goes on."""
    events = await talk.say("Please stop calling me!")
    assert opted_out(events) == [PHONE]
    assert events.texts == ["We will not call you again."]
    assert events.kinds[-1] == "end"


async def test_by_a_key(talk):
    """The keypad leads there."""
    events = await talk.press("9")
    assert opted_out(events) == [PHONE]
    assert events.texts == ["Your number is off our list."]


async def test_by_the_model(talk):
    """A tool leads there, by the bare word as well."""
    assert opted_out(await talk.say("leave me alone")) == [PHONE]


@pytest.mark.proves("OptOut.if")
async def test_not_where_its_condition_is_false(talk):
    """Nobody is put on the list then."""
    assert opted_out(await talk.say("not sure")) == []


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("84901234567", PHONE),
        ("+84 90 123 45 67", PHONE),
        ("anonymous", "anonymous"),
        ("911", "911"),
    ],
)
async def test_a_number_as_the_network_gives_it(begin, given, number):
    """It is kept with + and country where it says so much, so that a dial finds it."""
    talk = await begin(FOLDER, facts=CallFacts(caller=Caller(phone=given)))
    assert opted_out(await talk.press("9")) == [number]


async def test_a_caller_without_a_number(begin, caplog):
    """It is shown that nobody was put on the list; the talk goes on."""
    talk = await begin(FOLDER)
    events = await talk.press("9")
    assert opted_out(events) == [None]
    assert events.texts == ["Your number is off our list."]
    assert "the call has no number" in caplog.text
    (event,) = (event for event in events if event["type"] == "opt_out")
    assert "no number here" in line_of(event)


async def test_it_is_shown(talk):
    """People read which number, in the talk and in what is read after it."""
    events = await talk.press("9")
    (event,) = (event for event in events if event["type"] == "opt_out")
    assert line_of(event) == f"  \u2298 {PHONE} is never called again"
    assert "the caller's number is put on the list" in transcript(events)
