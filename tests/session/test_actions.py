"""Actions after tools, in order."""

from __future__ import annotations

import textwrap

import pytest

from runner.egress.port import ToolResponse

FOLDER = """
agents:
  desk:
    start: reception
    mode: text
    llm: brain
    variables:
      step:
        type: integer
      note:
        type: text
    tools:
      - book
personas:
  reception:
    instructions: You answer the phone.
    tools:
      - inner
      - direct
    handoffs:
      billing:
        when: money
        context: none
  billing:
    instructions: You are billing.
    greeting:
      say: Billing here.
    tools:
      - back
tools:
  inner:
    description: Another service
    parameters:
      what:
        optional: yes
    http:
      url: https://api.example/inner
    on_error: Say that the second step failed.
  gated:
    description: Not now
    if: step > 1
    say: Never said.
  direct:
    description: Say something
    say: Direct words.
  back:
    description: Go back
    set:
      step: "9"
    then:
      handoff: back
  book:
    description: Book it
    parameters:
      day:
        default: monday
    http:
      url: https://api.example/
ACTIONS
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: book
          call: book
        - when_caller_says: back
          call: back
        - when_caller_says: plain
          say: Still here.
        - when_tool_failed: "yes"
          say: "Failed: {answer}"
        - when_tool_answered: "yes"
          say: "Done: {answer}"
        - when_instructed: say it
          say: As instructed.
      otherwise: Pardon?
"""

GOOD = ToolResponse(ok=True, output="booked", result={"deposit": 20, "id": 7})
BAD = ToolResponse(ok=False, output="down", error="503")


@pytest.fixture
def desk(begin):
    """Begin a talk whose tool has these actions."""

    async def start(actions, *answers):
        below = textwrap.indent(textwrap.dedent(actions).strip(), "    ")
        return await begin(FOLDER.replace("ACTIONS", below), *(answers or (GOOD,)))

    return start


@pytest.mark.proves(
    "Persona.tools",
    "Say.say",
    "HttpTool.then",
    "SayTool.then",
    "SetTool.then",
    "AddTo.then",
    "ChangeIn.then",
    "RemoveFrom.then",
    "Remember.then",
    "EndCallTool.then",
    "Wait.then",
)
async def test_then_say_is_the_answer(desk):
    """Words of `then` are the answer, with the arguments and the service's answer in them."""
    talk = await desk("then:\n  say: Booked for {{ args.day }}, number {{ result.id }}.")
    events = await talk.say("book")
    assert events.kinds == ["user", "tool_call", "tool_result", "agent"]
    assert events.texts == ["Booked for monday, number 7."]
    assert events.outputs == ["booked"]


@pytest.mark.proves("Instruct.instructions")
async def test_then_instructions_go_with_the_answer(desk):
    """A last `instructions` is told to the model with the tool's answer: one reply, not two."""
    talk = await desk("then:\n  instructions: Tell number {{ result.id }}.")
    events = await talk.say("book")
    assert events.outputs == ["booked\nTell number 7."]
    assert events.texts == ["Done: booked\nTell number 7."]


async def test_then_instructions_before_a_handoff_are_spoken(desk):
    """Instructions with something behind them are spoken before it is done."""
    talk = await desk("then:\n  - instructions: Please say it now.\n  - handoff: billing")
    events = await talk.say("book")
    assert events.texts == ["As instructed.", "Billing here."]
    assert events.kinds == ["user", "tool_call", "tool_result", "agent", "handoff", "agent"]


@pytest.mark.proves(
    "Set.set", "Say.if", "Instruct.if", "Set.if", "RunTool.if", "HandOff.if", "EndCall.if"
)
async def test_then_conditions_and_set(desk):
    """Actions are done in order; one whose condition is false is left out."""
    talk = await desk(
        """
        then:
          - set:
              step: "{{ result.deposit }}"
              note: about {{ args.day }}
          - if: step > 10
            say: A deposit of {{ step }}.
          - if: step > 100
            say: A large deposit.
        """
    )
    assert (await talk.say("book")).texts == ["A deposit of 20."]
    assert talk.conversation.variables == {"step": 20, "note": "about monday"}


async def test_set_that_does_not_fit_is_logged(desk, caplog):
    """A value that an action cannot store is logged, and the list goes on."""
    talk = await desk("then:\n  - set:\n      step: about {{ args.day }}\n  - say: On we go.")
    assert (await talk.say("book")).texts == ["On we go."]
    assert "'step' is not stored: it must be a whole number, not 'about monday'" in caplog.text


@pytest.mark.proves("HandOff.handoff")
async def test_then_handoff(desk):
    """A handoff after success: the old persona is not asked again, and the answer goes along."""
    talk = await desk("then:\n  handoff: billing")
    events = await talk.say("book")
    assert events.kinds == ["user", "tool_call", "tool_result", "handoff", "agent"]
    assert events.texts == ["Billing here."]
    back = await talk.say("back")
    assert [e["to"] for e in back if e["type"] == "handoff"] == ["reception"]
    assert talk.conversation.persona == "reception"


async def test_handoff_to_oneself_or_nowhere_is_nothing(desk, caplog):
    """`back` at the start of a call has nowhere to go, and the model answers."""
    talk = await desk("then:\n  handoff: back")
    events = await talk.say("book")
    assert events.texts == ["Done: booked"]
    assert "'handoff: back' has nowhere to go" in caplog.text


@pytest.mark.proves("EndCall.end_call")
@pytest.mark.parametrize(
    ("actions", "words"),
    [("then: end_call", []), ("then:\n  end_call: Thank you, goodbye.", ["Thank you, goodbye."])],
)
async def test_then_end_call(desk, actions, words):
    """end_call ends the call, after its words where it has some, and the model is not asked."""
    talk = await desk(actions)
    events = await talk.say("book")
    assert events.texts == words
    assert events.kinds[-1] == "end"
    assert events[-1]["reason"] == "end_call"


@pytest.mark.proves("RunTool.tool", "RunTool.with")
async def test_then_tool(desk):
    """A tool is run without the model, and then the model answers."""
    talk = await desk('then:\n  tool: inner\n  with:\n    what: "{{ result.id }}"')
    events = await talk.say("book")
    assert [e["name"] for e in events if e["type"] == "tool_call"] == ["book", "inner"]
    assert talk.service.asked[1].arguments == {"what": "7"}
    assert events.texts == ["Done: booked"]


async def test_tool_with_a_false_condition_is_not_run(desk):
    """A tool's own condition holds for actions, too: it is left out, and the list goes on."""
    talk = await desk("then:\n  - tool: gated\n  - say: On we go.")
    events = await talk.say("book")
    assert events.kinds == ["user", "tool_call", "tool_result", "agent"]
    assert events.texts == ["On we go."]


async def test_failed_tool_ends_the_list(desk):
    """A tool that fails does its on_error, and what stands behind it is not done."""
    talk = await desk("then:\n  - tool: inner\n  - say: Never said.", GOOD, BAD)
    events = await talk.say("book")
    assert events.failed == [False, True]
    assert events.texts == ["Failed: booked\nSay that the second step failed."]


async def test_say_tool_in_a_list_speaks(desk):
    """A say tool that an action runs is the answer."""
    talk = await desk("then:\n  tool: direct")
    assert (await talk.say("book")).texts == ["Direct words."]


async def test_tools_in_a_circle_are_stopped(desk, caplog):
    """A tool that runs itself is stopped."""
    talk = await desk("then:\n  tool: book")
    events = await talk.say("book")
    assert 2 < len(talk.service.asked) < 20
    assert events.texts == ["Done: booked"]
    assert "tools run each other in a circle" in caplog.text


@pytest.mark.proves("HttpTool.on_error")
@pytest.mark.parametrize(
    ("actions", "words"),
    [
        ("on_error:\n  say: Please call again.", ["Please call again."]),
        ("on_error:\n  - say: One moment.\n  - handoff: billing", ["One moment.", "Billing here."]),
        ("on_error:\n  if: step > 1\n  say: Never.", ["Failed: down"]),
        ("on_error:\n  if: step > 1\n  instructions: Never.", ["Failed: down"]),
    ],
)
async def test_on_error_actions(desk, actions, words):
    """Actions of on_error are done; where they speak, the model is not asked to answer as well."""
    talk = await desk(actions, BAD)
    events = await talk.say("book")
    assert events.texts == words
    assert events.failed == [True]


async def test_missing_value_is_never_spoken(desk, caplog):
    """A missing value leaves nothing behind, and the log warns once with the line of the YAML."""
    talk = await desk('then:\n  say: "Hello {{ note }}!"')
    assert (await talk.say("book")).texts == ["Hello !"]
    await talk.say("book")
    warnings = [r.getMessage() for r in caplog.records if "has no value" in r.getMessage()]
    assert len(warnings) == 1
    assert warnings[0].startswith("all.yaml:")


async def test_words_of_nothing_are_not_said(desk):
    """Words that are nothing but a missing value are not said, and the model answers."""
    talk = await desk('then:\n  say: "{{ note }}"')
    assert (await talk.say("book")).texts == ["Done: booked"]
