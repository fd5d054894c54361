"""Conversations by text, from the greeting to the end."""

from __future__ import annotations

import asyncio
import logging

import pytest

from runner.egress.port import ToolResponse
from runner.session import CallFacts, JobFacts
from runner.session.conversation import CannotStartError, Conversation

DESK = """
agents:
  desk:
    start: reception
    mode: text
    llm: brain
    tools:
      - end_call
personas:
  reception:
    instructions: You answer the phone.
    greeting:
      say: Good day.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: Hello to you.
        - when_caller_says: break
          fail: the model is on strike
        - when_caller_says: bye
          say: Goodbye then.
          call: end_call
        - when_caller_says: enough
          call: end_call
        - when_tool_answered: end_call
          say: Until next time.
        - when_caller_says: nonsense
          call: no_such_tool
      otherwise: I did not get that.
"""


@pytest.mark.proves("Agent.start", "Persona.greeting")
async def test_greeting_is_turn_zero(begin):
    """The first words are the events of turn 0."""
    talk = await begin(DESK)
    assert talk.events == [
        {"turn": 0, "type": "message", "persona": "reception", "role": "agent", "text": "Good day."}
    ]


async def test_turn_gives_its_events(begin):
    """A turn gives the caller's words and the agent's, numbered and with the persona."""
    talk = await begin(DESK)
    events = await talk.say("hello")
    assert events.kinds == ["user", "agent"]
    assert {e["turn"] for e in events} == {1}
    assert events.texts == ["Hello to you."]
    assert talk.events[1:] == events


async def test_turns_queue(begin):
    """A hundred texts at once are answered one after the other."""
    talk = await begin(DESK)
    turns = await asyncio.gather(*(talk.say("hello") for _ in range(100)))
    assert [events[0]["turn"] for events in turns] == list(range(1, 101))
    assert all(events.texts == ["Hello to you."] for events in turns)


@pytest.mark.parametrize("text", ["", "  \n "])
async def test_nothing_said_is_no_turn(begin, text):
    """A text of nothing is no turn."""
    talk = await begin(DESK)
    assert await talk.say(text) == []
    assert (await talk.say("hello"))[0]["turn"] == 1


async def test_long_text_is_cut(begin, caplog):
    """A text of a megabyte is cut, and the log says so."""
    talk = await begin(DESK)
    events = await talk.say("x" * 1_000_000)
    assert len(events[0]["text"]) == 64 * 1024
    assert events.texts == ["I did not get that."]
    assert "a text of 1000000 characters was cut" in caplog.text


@pytest.mark.proves("Agent.tools")
async def test_agent_ends_with_its_own_goodbye(begin):
    """A goodbye said together with end_call is the last word, and `end` the last event."""
    talk = await begin(DESK)
    events = await talk.say("bye")
    assert events.kinds == ["user", "agent", "tool_call", "tool_result", "end"]
    assert events.texts == ["Goodbye then."]
    assert events[-1]["reason"] == "end_call"
    assert talk.conversation.ended.result() == "end_call"
    assert await talk.say("hello") == []


async def test_model_is_asked_for_a_goodbye(begin):
    """A bare end_call without words lets the model say goodbye first."""
    talk = await begin(DESK)
    events = await talk.say("enough")
    assert events.kinds == ["user", "tool_call", "tool_result", "agent", "end"]
    assert events.texts == ["Until next time."]


async def test_failed_turn_is_said_plainly(begin, caplog):
    """A model that fails is said plainly, and the talk goes on."""
    talk = await begin(DESK)
    events = await talk.say("break")
    assert events.texts == ["Sorry, something went wrong. Please say that again."]
    assert (await talk.say("hello")).texts == ["Hello to you."]
    lines = [r.getMessage() for r in caplog.records if r.name == "lkrun"]
    assert lines == ["the model 'brain' failed: the model is on strike"]


async def test_three_failures_end_the_talk(begin):
    """After three failed turns in a row the talk ends with reason error."""
    talk = await begin(DESK)
    await talk.say("break")
    await talk.say("hello")
    for _ in range(2):
        assert (await talk.say("break")).kinds == ["user", "agent"]
    events = await talk.say("break")
    assert events.kinds == ["user", "agent", "end"]
    assert events.texts == ["Sorry, something went wrong. Please call again later."]
    assert events[-1]["reason"] == "error"


async def test_failing_greeting_is_said_plainly(begin):
    """A model that fails at the greeting does not keep the talk from beginning."""
    talk = await begin(
        DESK.replace("say: Good day.", "instructions: Greet.").replace(
            "- when_caller_says: hello",
            "- when_instructed: Greet\n          fail: no\n        - when_caller_says: hello",
        )
    )
    assert talk.events.texts == ["Sorry, something went wrong. Please say that again."]
    assert (await talk.say("hello")).texts == ["Hello to you."]


async def test_no_traceback_reaches_the_console(begin, caplog):
    """LiveKit's tracebacks are kept from the log."""
    talk = await begin(DESK)
    with caplog.at_level(logging.INFO):
        await talk.say("break")
    assert not [r for r in caplog.records if r.exc_info]


async def test_unknown_tool_is_told_with_its_error(begin):
    """A tool that the model made up is told as a call that failed."""
    talk = await begin(DESK)
    events = await talk.say("nonsense")
    assert "tool_call" not in events.kinds or "Unknown function" in events.outputs[0]


async def test_end_from_outside(begin):
    """An end from outside says nothing, gives its reason, and may be asked for twice."""
    talk = await begin(DESK)
    await talk.conversation.end("caller_left")
    await talk.conversation.end("shutdown")
    assert talk.events[-1] == {
        "turn": 0,
        "type": "end",
        "persona": "reception",
        "reason": "caller_left",
    }
    assert await talk.conversation.ended == "caller_left"


async def test_end_before_start(load):
    """A conversation that never began can be ended."""
    events = []
    talk = Conversation(load(DESK), None, CallFacts(), on_event=events.append, channel="text")
    with pytest.raises(RuntimeError, match="not been started"):
        _ = talk.session
    await talk.end("caller_left")
    assert [e.reason for e in events] == ["caller_left"]


async def test_usage_counts_tokens(begin):
    """Tokens of the model are counted over the talk."""
    talk = await begin(DESK)
    assert talk.conversation.usage == {"input_tokens": 0, "output_tokens": 0}
    await talk.say("hello")
    used = talk.conversation.usage
    assert used["input_tokens"] > 0
    assert used["output_tokens"] == 3
    await talk.conversation.end()
    assert talk.conversation.usage == used


async def test_receiver_that_breaks_harms_nobody(load, caplog):
    """What the receiver of events raises is logged, and the talk goes on."""

    def broken(_event):
        raise ValueError("no")

    talk = Conversation(load(DESK), None, CallFacts(), on_event=broken, channel="text")
    await talk.start()
    assert [e.text for e in await talk.turn("hello")] == ["hello", "Hello to you."]
    await talk.end()
    assert "an event could not be handed on: ValueError" in caplog.text


VARIABLES = DESK.replace(
    "    tools:\n      - end_call",
    """    variables:
      clinic: Sunrise
      guests:
        type: integer
        default: "{{ job.metadata.guests }}"
      dishes:
        type: list
    tools:
      - end_call""",
)


@pytest.mark.proves("Agent.variables")
async def test_given_values_win_over_defaults(begin):
    """Values from outside are converted by type, JSON text too, and win over defaults."""
    talk = await begin(VARIABLES, given={"guests": "3", "dishes": '["pho"]'})
    assert talk.conversation.variables == {"clinic": "Sunrise", "guests": 3, "dishes": ["pho"]}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"guest": 3}, "the agent has no variable 'guest'"),
        ({"clinic": "Sunset"}, "'clinic' has a fixed value, which nothing changes"),
        ({"guests": "many"}, "'guests' must be a whole number, not 'many'"),
    ],
)
async def test_given_values_that_cannot_be(load, given, message):
    """A value from outside that cannot be is refused in one sentence."""
    with pytest.raises(CannotStartError, match=message):
        Conversation(load(VARIABLES), None, CallFacts(variables=given), channel="text")


async def test_unsuitable_default_is_left_out(begin, caplog):
    """A default that does not fit in a call leaves the variable without a value, and is logged."""
    talk = await begin(VARIABLES, facts=CallFacts(job=JobFacts(metadata={"guests": "many"})))
    assert "guests" not in talk.conversation.variables
    assert "the default of 'guests' is left out: it must be a whole number" in caplog.text


async def test_memory_of_a_talk_is_given_back(begin):
    """The models of a talk are closed when it ends."""
    talk = await begin(DESK, ToolResponse(ok=True, output="fine"))
    await talk.conversation.end()
    assert talk.conversation._call.bound.models._single == {}
