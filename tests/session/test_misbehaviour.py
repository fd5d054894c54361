"""Models that do what no model should."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from livekit.agents import APIConnectionError, llm

from runner.egress.port import ToolResponse
from runner.session import CallFacts
from runner.session.clock import SimulatedClock
from runner.session.conversation import Conversation
from runner.session.tools.http import GRACE

FOLDER = """
agents:
  desk:
    start: reception
    mode: text
    llm: brain
    variables:
      open:
        type: yes_no
    tools:
      - end_call
personas:
  reception:
    instructions: You answer the phone.
    tools:
      - hidden
      - find
    handoffs:
      night:
        when: It is night.
        if: open
  night:
    instructions: Night.
tools:
  hidden:
    description: Only when open
    if: open
    say: Never said.
  find:
    description: Find it
    parameters:
      day:
        type: date
    http:
      url: https://api.example/
      timeout: 50ms
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
"""


class Wild(llm.LLM):
    """A model whose replies are given: a text, calls, or an exception."""

    def __init__(self, replies):
        super().__init__()
        self.replies = list(replies)
        self.offered = []

    def chat(self, *, chat_ctx, tools=None, conn_options=None, **_rest):
        self.offered.append({tool.id for tool in tools or ()})
        reply = self.replies.pop(0) if self.replies else "Fine."
        if isinstance(reply, TypeError):
            raise reply
        return WildStream(
            self, reply, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options
        )


class WildStream(llm.LLMStream):
    def __init__(self, model, reply, **rest):
        super().__init__(model, **rest)
        self.reply = reply

    async def _run(self):
        if isinstance(self.reply, Exception):
            raise self.reply
        if isinstance(self.reply, str):
            delta = llm.ChoiceDelta(role="assistant", content=self.reply)
        else:
            calls = [
                llm.FunctionToolCall(
                    name=name, arguments=arguments, call_id=f"call_{place}_{id(self)}"
                )
                for place, (name, arguments) in enumerate(self.reply)
            ]
            delta = llm.ChoiceDelta(role="assistant", tool_calls=calls)
        self._event_ch.send_nowait(llm.ChatChunk(id="wild", delta=delta))


class Silent:
    """An egress that answers nothing useful."""

    async def ask(self, _ask):
        return ToolResponse(ok=True, output="found")


@pytest.fixture
async def wild(load):
    """Begin a talk with a model whose replies are given."""
    talks = []

    async def start(*replies):
        clock = SimulatedClock(datetime(2026, 11, 30, 9, tzinfo=UTC))
        talk = Conversation(load(FOLDER), Silent(), CallFacts(), channel="text", clock=clock)
        talk.clock = clock
        talk._call.bound.models._single["llm", "brain"] = talk.model = Wild(replies)
        talks.append(talk)
        await talk.start()
        return talk

    yield start
    for talk in talks:
        await talk.end()


async def turn(talk, text):
    """The events of a turn."""
    return [event.to_json() for event in await talk.turn(text)]


def shown(events):
    """Events in short."""
    short = []
    for event in events[1:]:
        if event["type"] == "tool_result":
            short.append(("error" if event["error"] else "result", event["output"]))
        else:
            short.append((event["type"], event.get("text") or event.get("name")))
    return short


async def test_unknown_tool(wild):
    """A tool that does not exist is told as a call that failed, to the model as well."""
    talk = await wild([("fly", '{"to": "moon"}')])
    events = await turn(talk, "hello")
    assert shown(events)[0] == ("tool_call", "fly")
    assert events[1]["arguments"] == {"to": "moon"}
    assert shown(events)[1][0] == "error"
    assert "Unknown function: fly" in shown(events)[1][1]
    assert shown(events)[2] == ("message", "Fine.")


async def test_arguments_that_are_no_json(wild):
    """Arguments that cannot be read fail the call, and nothing runs."""
    talk = await wild([("find", "}{ not json")])
    events = await turn(talk, "hello")
    assert [kind for kind, _ in shown(events)] == ["tool_call", "error", "message"]


async def test_tool_that_was_not_offered(wild):
    """A tool that is hidden just now is not offered, and refused when it is called all the same."""
    talk = await wild([("hidden", "{}")])
    events = await turn(talk, "hello")
    assert "hidden" not in talk.model.offered[0]
    assert shown(events) == [
        ("tool_call", "hidden"),
        ("error", "hidden cannot be used now."),
        ("message", "Fine."),
    ]


async def test_handoff_that_was_not_offered(wild):
    """A handoff that is closed just now is refused, and told as a call that failed."""
    talk = await wild([("transfer_to_night", "{}")])
    events = await turn(talk, "hello")
    assert "transfer_to_night" not in talk.model.offered[0]
    assert shown(events) == [
        ("tool_call", "transfer_to_night"),
        ("error", "The call cannot be handed to night now."),
        ("message", "Fine."),
    ]
    assert talk.persona == "reception"


async def test_several_tools_at_once(wild):
    """Several calls in one step each have their call and result; then the model answers once."""
    talk = await wild([("find", '{"day": "2026-12-04"}'), ("find", '{"day": "nope"}')])
    events = await turn(talk, "hello")
    kinds = [kind for kind, _ in shown(events)]
    assert sorted(kinds) == ["error", "message", "result", "tool_call", "tool_call"]
    assert kinds[-1] == "message"


async def test_end_and_more(wild):
    """A model that ends the call and goes on calling tools is not heard any more."""
    talk = await wild([("end_call", "{}")], [("find", '{"day": "2026-12-04"}')])
    events = await turn(talk, "hello")
    assert events[-1]["reason"] == "end_call"
    assert ("error", "The call is over.") in shown(events)


async def test_empty_replies(wild):
    """A model that says nothing is answered for, as one that fails."""
    talk = await wild("", "  ")
    for _ in range(2):
        ((kind, text),) = shown(await turn(talk, "hello"))
        assert (kind, text.strip()) == (
            "message",
            "Sorry, something went wrong. Please say that again.",
        )


@pytest.mark.parametrize(
    "failure",
    [
        ValueError("something odd"),
        TypeError("not even a stream"),
        APIConnectionError("gone", retryable=False),
    ],
)
async def test_any_failure_is_answered_once(wild, failure, caplog):
    """Whatever a model raises, the caller hears one sentence, and the log has one line."""
    talk = await wild(failure)
    events = await turn(talk, "hello")
    assert shown(events) == [("message", "Sorry, something went wrong. Please say that again.")]
    assert shown(await turn(talk, "again")) == [("message", "Fine.")]
    errors = [r for r in caplog.records if r.name == "lkrun"]
    assert len(errors) == 1
    assert not [r for r in caplog.records if r.exc_info]


async def test_failure_after_a_tool(wild):
    """A model that fails when it should answer a tool is answered for."""
    talk = await wild([("find", '{"day": "2026-12-04"}')], ValueError("odd"))
    events = await turn(talk, "hello")
    assert shown(events)[-1] == ("message", "Sorry, something went wrong. Please say that again.")


async def test_end_during_a_turn(wild):
    """An end in the middle of a turn waits for the tool, but not for ever."""

    class Slow:
        def __init__(self):
            self.begun = asyncio.Event()

        async def ask(self, _ask):
            self.begun.set()
            await asyncio.Event().wait()

    talk = await wild([("find", '{"day": "2026-12-04"}')])
    talk._call.egress = Slow()
    asking = asyncio.create_task(talk.turn("hello"))
    await talk._call.egress.begun.wait()
    ending = asyncio.create_task(talk.end("caller_left"))
    talk.clock.advance(GRACE + 60)
    events = await asyncio.wait_for(asking, 15)
    await ending
    assert "end" in [event.type for event in events]
