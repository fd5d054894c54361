"""A caller who calls again: what is known of them at the greeting, and what is left of a call."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

import pytest

from runner.egress.port import ToolResponse
from runner.session import Caller, CallFacts
from runner.session.clock import SimulatedClock
from runner.session.conversation import Conversation
from runner.session.memory import RECALL_SECONDS, Remembered, UnknownError

FOLDER = """
agents:
  clinic:
    start: desk
    mode: text
    llm: brain
    timezone: Asia/Tokyo
    variables:
      patient_name:
        description: The patient's name
      size:
        type: choice
        description: Their size
        choices:
          - small
          - large
        default: small
      call_them:
        type: text
        default: "{{ patient_name or 'friend' }}"
      line:
        type: text
      pin:
        type: text
        private: yes
    memory:
      of: OF
      keep:
        - patient_name
        - size
      summary: yes
      for: 90d
    MORE
personas:
  desk:
    instructions: |
      Known: {{ patient_name }}. About: {{ memory.summary }}
    greeting:
      say: "Hello {{ call_them }}, {{ size }}, {{ memory.calls }}, {{ memory.last or 'never' }}."
    tools:
      - remember
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_matches: 'i am (?P<name>[a-z]+)'
          call:
            remember:
              patient_name: "{name}"
        - when_caller_says: large
          call:
            remember:
              size: large
      otherwise: They wanted an appointment.
"""
PHONE = '"{{ caller.phone }}"'
LAST = datetime(2026, 11, 29, 8, 30, tzinfo=UTC).timestamp()
MAI = Remembered(2, LAST, "She wanted a root canal.", {"patient_name": "Mai", "size": "large"})
FACTS = CallFacts(caller=Caller(phone="+84911"))


@pytest.fixture
async def call(load):
    """Has a call whose caller is remembered, or not."""
    begun: list[Conversation] = []

    async def begin(known=MAI, *, of=PHONE, facts=FACTS, more="", start=True, **options):
        asked: list[str] = []

        async def recall(who):
            asked.append(who)
            if isinstance(known, Exception):
                raise known
            return known

        release = load(FOLDER.replace("OF", of).replace("MORE", more))
        told: list[str] = []
        talk = Conversation(
            release, options.pop("egress", None), facts, channel="text",
            on_event=lambda e: told.append(getattr(e, "text", "")),
            recall=options.pop("recall", recall), **options,
        )  # fmt: skip
        begun.append(talk)
        if start:
            await talk.start()
        return talk, asked, told

    yield begin
    for talk in begun:
        await talk.end("test")


@pytest.mark.proves("Agent.memory", "Memory.of", "Memory.keep", "Memory.summary")
async def test_the_greeting_knows_the_caller(call):
    """Variables, those that follow from them, and the names of memory are there at once."""
    talk, asked, told = await call()
    assert asked == ["+84911"]
    assert told == ["Hello Mai, large, 2, Sunday 29 November 2026, 17:30."]
    assert "About: She wanted a root canal." in talk.session.current_agent.instructions


@pytest.mark.parametrize("known", [Remembered(), UnknownError("the disk is gone")])
async def test_a_call_begins_with_an_empty_memory(call, known, caplog):
    """Who is not known, or cannot be looked up, is greeted like anybody; a failure is one line."""
    with caplog.at_level(logging.WARNING, "lkrun"):
        _, _, told = await call(known)
    assert told == ["Hello friend, small, 0, never."]
    lines = [r.message for r in caplog.records if r.message.startswith("memory:")]
    failed = isinstance(known, UnknownError)
    assert lines == (
        ["memory: the call begins with nothing remembered: the disk is gone"] if failed else []
    )


async def test_a_slow_database_costs_a_call_a_second(call, caplog):
    """What is not known by then is not waited for."""
    clock = SimulatedClock(datetime(2026, 11, 30, 9, tzinfo=UTC))
    asking = asyncio.Event()

    async def recall(_who):
        asking.set()
        await asyncio.Event().wait()

    talk, _, told = await call(clock=clock, recall=recall, start=False)
    starting = asyncio.create_task(talk.start())
    await asking.wait()
    assert not told
    with caplog.at_level(logging.WARNING, "lkrun"):
        clock.advance(RECALL_SECONDS)
        await starting
    assert told == ["Hello friend, small, 0, never."]
    assert [r.message for r in caplog.records if "not known after 1s" in r.message]


@pytest.mark.parametrize(
    "of",
    [
        PHONE, '"{{ line }}"', '"number {{ caller.phone }}"', '"{{ call.agent }}/{{ line }}"',
        "\"{{ caller.phone or 'anonymous' }}\"",
    ],
)  # fmt: skip
async def test_nobody_is_remembered_where_nobody_is_named(call, of):
    """Without a number nothing is asked for, and nothing is left."""
    talk, asked, told = await call(of=of, facts=CallFacts())
    assert (asked, told) == ([], ["Hello friend, small, 0, never."])
    report = talk.report()
    assert (report.who, report.remembered) == ("", None)


async def test_what_is_given_from_outside_wins(call):
    """A variable that is given is not overwritten by what is remembered; whom may be one too."""
    given = CallFacts(variables={"line": "x-1", "size": "small"})
    _, asked, told = await call(of='"{{ line }}"', facts=given)
    assert asked == ["x-1"]
    assert told == ["Hello Mai, small, 2, Sunday 29 November 2026, 17:30."]


async def test_a_value_that_fits_no_more_is_left_out(call, caplog):
    """A variable that is another by now has its default, and the log says so."""
    with caplog.at_level(logging.WARNING, "lkrun"):
        _, _, told = await call(Remembered(1, LAST, "", {"size": "huge", "gone": 1}))
    assert told[0].startswith("Hello friend, small, 1")
    assert [r for r in caplog.records if "remembered as 'size' is left out" in r.message]


async def test_an_awaited_caller_is_asked_for_once_they_are_known(call):
    """In a room nothing is looked up before somebody is there."""
    talk, asked, told = await call(facts=CallFacts(), awaited=True, start=False)
    await talk.prepare()
    assert asked == []
    await talk.start(facts=FACTS)
    assert asked == ["+84911"]
    assert told == ["Hello Mai, large, 2, Sunday 29 November 2026, 17:30."]


async def test_memory_comes_before_before_call(call):
    """What is done before the first word knows what is remembered already."""
    more = """before_call:
      steps:
        - set:
            call_them: "dear {{ patient_name }}"
    """
    _, _, told = await call(more=more)
    assert told[0].startswith("Hello dear Mai,")


@pytest.mark.proves("Memory.for")
async def test_what_is_left_for_the_next_call(call):
    """The variables that are kept, as they are at the end; for how long; never a private one."""
    talk, _, _ = await call(
        Remembered(), facts=CallFacts(FACTS.caller, variables={"pin": "x4711x"})
    )
    await talk.turn("i am lan")
    await talk.turn("large")
    await talk.end("caller_left")
    report = await talk.whole_report()
    assert report.who == "+84911"
    assert report.remembered == {"patient_name": "lan", "size": "large"}
    assert (report.remember_for, report.remember_summary) == (90 * 86400, True)
    assert report.summary == "They wanted an appointment."
    assert "x4711x" not in str(report.to_data())


async def test_a_slow_lookup_forgets_nothing(call):
    """Where nothing could be looked up, a value that is not known is not taken away."""
    talk, _, _ = await call(UnknownError("x"))
    assert talk.report().remembered == {"size": "small"}


ASKED = """record:
      consent:
        ask: May we record this call?
    """


@pytest.mark.parametrize(("answer", "left"), [("yes", "+84911"), ("no", "")])
async def test_who_does_not_agree_is_not_remembered(call, answer, left):
    """After a no nothing is left of the call; before the answer neither."""
    talk, _, _ = await call(more=ASKED)
    assert talk.report().who == ""
    await talk.turn(answer)
    await talk.turn("i am lan")
    await talk.end("caller_left")
    report = await talk.whole_report()
    assert report.who == left
    assert report.remembered == ({"patient_name": "lan", "size": "large"} if left else None)
    assert bool(report.summary) == bool(left)


async def test_without_a_database_memory_is_empty(begin):
    """In `lkrun chat` and tests nobody is asked, nothing is left and no model sums up."""
    talk = await begin(FOLDER.replace("OF", PHONE).replace("MORE", ""), facts=FACTS)
    assert talk.events.texts == ["Hello friend, small, 0, never."]
    await talk.say("i am lan")
    await talk.conversation.end("caller_left")
    assert not talk.conversation.is_read
    assert talk.conversation.report().who == ""


TOLD = """after_call:
      send:
        webhook: https://example.com/done
    """


async def test_nothing_of_a_memory_is_sent(call):
    """What is sent after a call has nothing of what is kept for the next one."""
    talk, _, _ = await call(more=TOLD)
    sent = talk.report().masked(lambda value: value)
    assert (sent.who, sent.remembered) == ("", None)


async def test_a_service_may_be_told_of_it(begin, load):
    """Templates of requests have the names of memory too: as plain data."""
    talk = await begin(
        load(FOLDER.replace("OF", PHONE).replace("MORE", "")), ToolResponse(ok=True, output="")
    )
    sent = talk.conversation._call.bound.context.sent()
    assert sent["memory"] == {"calls": 0, "last": None, "summary": ""}
