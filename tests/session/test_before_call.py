"""What is done before the first word of a call."""

from __future__ import annotations

import asyncio

import pytest

from runner.egress.port import ToolResponse
from runner.session import Caller, CallFacts

FOLDER = """
agents:
  hotel:
    start: reception
    mode: text
    llm: brain
    variables:
      guest:
        type: text
      tier:
        type: text
    before_call:
      steps:
        - tool: find_guest
          with:
            phone: "{{ caller.phone }}"
        - if: tier == 'gold'
          handoff: lounge
      timeout: 1h
      on_failure: ON_FAILURE
personas:
  reception:
    instructions: The guest is {{ guest or 'unknown' }}.
    greeting:
      say: Good day{{ ', ' ~ guest if guest else '' }}.
  lounge:
    instructions: You look after {{ guest or 'somebody' }}.
    greeting:
      say: Welcome back, {{ guest or 'dear guest' }}.
tools:
  find_guest:
    description: Find the guest.
    parameters:
      phone:
        type: phone
    http:
      url: https://guests.example/{{ args.phone }}
    result:
      save:
        guest: name
        tier: tier
    on_error: Tell the caller that nothing works.
    while_waiting:
      after: 10ms
      say: I am looking.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: Yes?
"""
CALLER = CallFacts(caller=Caller(phone="+84901234567"))


def folder(on_failure="continue"):
    return FOLDER.replace("ON_FAILURE", on_failure)


def found(**saved):
    return ToolResponse(ok=True, output="found", saved=saved, result=saved)


class Hanging:
    """A service that never answers, and knows how often it was given up."""

    def __init__(self):
        self.given_up = 0

    async def ask(self, _ask):
        try:
            await asyncio.Event().wait()
        finally:
            self.given_up += 1


@pytest.mark.proves("Agent.before_call", "BeforeCall.steps")
@pytest.mark.parametrize("channel", ["text", "voice"])
async def test_steps_come_before_the_greeting(begin, channel):
    """What a step has found stands in the greeting and in the instructions of the first persona."""
    answer = found(guest="Ms Tran", tier="silver")
    talk = await begin(folder(), answer, facts=CALLER, channel=channel)
    await talk.until(lambda event: event["type"] == "message")
    assert talk.events.kinds == ["tool_call", "tool_result", "agent"]
    assert talk.events.texts == ["Good day, Ms Tran."]
    assert talk.system == "The guest is Ms Tran."
    assert talk.service.asked[0].arguments == {"phone": "+84901234567"}


async def test_a_step_may_choose_who_answers(begin):
    """A handoff among the steps goes to another persona before anything has been said."""
    talk = await begin(folder(), found(guest="Ms Tran", tier="gold"), facts=CALLER)
    await talk.until(lambda event: event["type"] == "message")
    assert talk.events.texts == ["Welcome back, Ms Tran."]
    assert talk.conversation.persona == "lounge"


@pytest.mark.proves("BeforeCall.on_failure")
@pytest.mark.parametrize(
    ("on_failure", "said"),
    [
        ("continue", ["Good day."]),
        ("\n        say: One moment please.", ["One moment please.", "Good day."]),
        ("\n        end_call: We are closed.", ["We are closed."]),
        ("\n        - handoff: lounge", ["Welcome back, dear guest."]),
        ("end_call", []),
    ],
)
async def test_a_step_that_fails(begin, on_failure, said):
    """A failure does what the author says of it before the greeting; the tool itself is silent."""
    talk = await begin(folder(on_failure), ToolResponse(ok=False, output="down"), facts=CALLER)
    ends = "end_call" in on_failure
    await talk.until(lambda e: e["type"] == "end" if ends else talk.events.texts == said)
    assert talk.events.texts == said


@pytest.mark.proves("BeforeCall.timeout")
async def test_a_service_that_hangs_is_cut(begin, caplog):
    """A service that hangs is cut when the time of all steps is over, and the caller is greeted."""
    hanging, text = Hanging(), folder().replace("timeout: 1h", "timeout: 200ms")
    talk = await begin(text, facts=CALLER, egress=hanging)
    await talk.until(lambda event: event["type"] == "message")
    assert talk.events.texts == ["Good day."]
    assert hanging.given_up == 1
    assert "before_call was not done after 0.2s" in caplog.text


async def test_a_caller_who_hangs_up_meanwhile(begin):
    """A caller who leaves before the steps are done ends the call at once, and nothing is said."""
    hanging = Hanging()
    talk = await begin(folder(), facts=CALLER, egress=hanging, started=False)
    starting = asyncio.create_task(talk.conversation.start())
    await talk.until(lambda event: event["type"] == "tool_call")
    await talk.conversation.end("caller_left")
    await asyncio.wait_for(starting, 10)
    assert talk.conversation.ended.result() == "caller_left"
    assert not talk.events.texts


async def test_words_and_values_are_steps_too(begin):
    """Steps may store and speak; what is said comes before the greeting."""
    text = folder().replace(
        '        - tool: find_guest\n          with:\n            phone: "{{ caller.phone }}"\n',
        "        - set:\n            guest: Ms Le\n        - say: This call is free.\n",
    )
    talk = await begin(text, facts=CALLER)
    assert talk.events.texts == ["This call is free.", "Good day, Ms Le."]
