"""Personas hand the call to each other."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from livekit.agents import llm

from runner.egress.port import ToolResponse

FOLDER = """
agents:
  desk:
    start: reception
    mode: text
    llm: brain
    instructions: "House {{ clinic }}, {{ call.persona }}."
    variables:
      clinic: Sunrise
      guest:
        description: Who calls
      open:
        type: yes_no
        default: "yes"
    tools:
      - remember
    handoffs:
      manager:
        when: The caller insists.
personas:
  reception:
    instructions: "You answer. Guest {{ guest or 'unknown' }}."
    greeting:
      say: Good day.
    on_return:
      say: Back at the desk.
    tools:
      - look_up
    handoffs:
      billing:
        when: A question about money in {{ clinic }}
        if: open
        say: One moment, {{ guest or 'please' }}.
        context: CONTEXT
  billing:
    instructions: You are billing. Guest {{ guest or 'unknown' }}.
    handoffs:
      reception:
        when: It is settled.
  manager:
    instructions: You are the manager.
    greeting:
      say: The manager here.
    on_handoff:
      instructions: Introduce yourself.
    handoffs:
      reception:
        when: It is settled.
      billing:
        when: It is about money after all.
tools:
  look_up:
    description: Look something up
    http:
      url: https://api.example/
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: Agent
          say: The caller wants to pay.
        - when_caller_says: politely
          say: Let me connect you.
          call: transfer_to_billing
        - when_caller_says: twice
          call:
            - transfer_to_billing
            - transfer_to_manager
        - when_caller_says: look
          call: look_up
        - when_tool_answered: look_up
          say: Found it.
        - when_caller_says: both
          if_tool_offered: look_up
          call:
            - look_up
            - transfer_to_manager
        - when_caller_says: both
          say: Manager answers both.
        - when_instructed: Introduce
          say: I am the manager.
        - when_instructed: handed to you
          say: Billing took over.
        - when_caller_matches: 'i am (?P<name>\\w+)'
          call:
            remember:
              guest: "{name}"
        - when_tool_answered: remember
          say: Noted.
        - when_caller_says: manager
          call: transfer_to_manager
        - when_caller_says: desk
          call: transfer_to_reception
        - when_caller_says: money
          call: transfer_to_billing
        - when_caller_says: money
          say: Billing answers.
        - when_caller_says: politely
          say: Billing answers politely.
        - when_caller_says: twice
          say: Billing answers twice.
      otherwise: Pardon?
"""


@pytest.fixture
def desk(begin):
    """Begin a talk at the desk."""

    async def start(context="full", **rest):
        return await begin(
            FOLDER.replace("CONTEXT", context), ToolResponse(ok=True, output="{}"), **rest
        )

    return start


def carried(talk):
    """What the persona that speaks has of the talk, as short texts."""
    shown = []
    for item in talk.conversation.session.current_agent.chat_ctx.items:
        if item.type == "message" and item.role != "system":
            shown.append(f"{item.role}: {item.text_content}")
        elif item.type == "function_call":
            shown.append(f"call {item.name}")
    return shown


@pytest.mark.proves("Persona.handoffs")
async def test_handoff_with_words(desk):
    """The leaving persona says its words once, then the next one answers what was asked."""
    talk = await desk()
    events = await talk.say("money")
    assert events.kinds == ["user", "agent", "handoff", "agent"]
    assert events.texts == ["One moment, please.", "Billing answers."]
    assert [e["persona"] for e in events] == ["reception", "reception", "reception", "billing"]
    assert events[2] | {"turn": 1} == {
        "turn": 1,
        "type": "handoff",
        "persona": "reception",
        "from": "reception",
        "to": "billing",
    }
    assert talk.conversation.persona == "billing"


@pytest.mark.proves("Handoff.say")
async def test_no_double_speech(desk):
    """What the model says together with the handoff stands in for the handoff's own words."""
    talk = await desk()
    assert (await talk.say("politely")).texts == [
        "Let me connect you.",
        "Billing answers politely.",
    ]


@pytest.mark.proves("Agent.instructions", "Persona.instructions")
async def test_instructions_of_a_persona(desk):
    """The agent's instructions come first, and both are rendered for the persona that speaks."""
    talk = await desk()
    assert talk.system == "House Sunrise, reception.\n\nYou answer. Guest unknown."
    await talk.say("i am Mary")
    assert talk.system == "House Sunrise, reception.\n\nYou answer. Guest Mary."
    await talk.say("money")
    assert talk.system == "House Sunrise, billing.\n\nYou are billing. Guest Mary."


@pytest.mark.proves("Agent.handoffs", "Persona.on_handoff", "Persona.on_return")
async def test_first_words_and_return(desk):
    """on_handoff comes before a greeting; a persona that is come back to does not greet again."""
    talk = await desk()
    assert (await talk.say("manager")).texts == ["I am the manager."]
    assert (await talk.say("desk")).texts == ["Back at the desk."]
    assert (await talk.say("manager")).texts[0] != "I am the manager."


async def test_full_context_keeps_facts(desk):
    """What a tool found goes along as a note where the next persona lacks the tool."""
    talk = await desk("full")
    await talk.say("look")
    await talk.say("i am Mary")
    await talk.say("money")
    assert carried(talk)[:9] == [
        "assistant: Good day.",
        "user: look",
        'assistant: <earlier_result tool="look_up">{}</earlier_result>',
        "assistant: Found it.",
        "user: i am Mary",
        "call remember",
        "assistant: Noted.",
        "user: money",
        "assistant: One moment, Mary.",
    ]
    await talk.say("desk")
    assert any("earlier_result" in text for text in carried(talk))


async def test_answers_of_the_same_step_go_along(desk):
    """A tool called together with the handoff has its answer carried, too."""
    talk = await desk()
    events = await talk.say("both")
    assert "handoff" in events.kinds
    assert 'assistant: <earlier_result tool="look_up">{}</earlier_result>' in carried(talk)


@pytest.mark.proves("Handoff.context")
@pytest.mark.parametrize(
    ("context", "begins"),
    [
        ("none", []),
        ("last 2", ["user: money", "assistant: One moment, please."]),
        ("last 90", ["assistant: Good day.", "user: look"]),
    ],
)
async def test_shorter_contexts(desk, context, begins):
    """`none` tells nothing, `last N` the last N messages."""
    talk = await desk(context)
    await talk.say("look")
    await talk.say("money")
    assert carried(talk)[: len(begins)] == begins
    assert carried(talk)[len(begins) :] or context != "none"


async def test_nothing_known_takes_over(desk):
    """A persona that is told nothing says that it has taken over."""
    talk = await desk("none")
    assert (await talk.say("money")).texts[-1] == "Billing took over."


async def test_summary_is_written_by_the_model(desk):
    """A summary goes along, with the sentence that waits for an answer."""
    talk = await desk("summary")
    await talk.say("look")
    await talk.say("money")
    assert carried(talk)[:2] == [
        "assistant: <summary_of_the_talk>The caller wants to pay.</summary_of_the_talk>",
        "user: money",
    ]


@pytest.mark.parametrize("rule", ["fail: no summaries today", "say: ' '"])
async def test_failed_summary_falls_back(begin, caplog, rule):
    """Without a summary the last messages are carried."""
    text = FOLDER.replace("CONTEXT", "summary").replace("say: The caller wants to pay.", rule)
    talk = await begin(text, ToolResponse(ok=True, output="{}"))
    await talk.say("look")
    await talk.say("money")
    assert carried(talk)[0] == "assistant: Good day."
    assert ("could not be summarised" in caplog.text) == rule.startswith("fail")


@pytest.mark.proves("Handoff.if")
async def test_handoff_has_a_gate(desk):
    """A handoff whose condition is false is not offered, and refused when it is called."""
    talk = await desk(given={"open": "no"})
    persona = talk.conversation.session.current_agent
    offered = [t.id for t in persona.makeup.toolbox.offered(persona.plan, persona.tools)]
    assert offered == ["remember", "look_up", "transfer_to_manager"]
    gate = next(t for t in persona.tools if t.id == "transfer_to_billing")
    with pytest.raises(llm.ToolError, match="cannot be handed to billing now"):
        await gate({}, SimpleNamespace(function_call=SimpleNamespace(call_id="x")))


UNABLE = """
agents:
  desk:
    start: one
    mode: text
    llm: brain
    variables:
      note:
        type: text
    tools:
      - go
personas:
  one:
    instructions: One.
    handoffs:
      two:
        when: Always.
  two:
    instructions: Two.
    llm: locked
tools:
  go:
    description: Go there
    set:
      note: gone
    then:
      handoff: two
providers:
  locked:
    llm: script
    with:
      rules:
        - when_caller_says: hi
          say: "{{ secrets.NOT_THERE }}"
  brain:
    llm: script
    with:
      rules:
        - when_tool_failed: "yes"
          say: "I stay: {answer}"
        - when_caller_says: hand
          call: transfer_to_two
        - when_caller_says: act
          call: go
"""


@pytest.mark.parametrize("words", ["hand me over", "act now"])
async def test_persona_that_cannot_begin(begin, caplog, words):
    """A persona whose model cannot be built is not handed the call, and the old one says so."""
    talk = await begin(UNABLE)
    events = await talk.say(words)
    assert events.texts == ["I stay: The call cannot be handed to two."]
    assert "not handed to 'two': provider 'locked' needs a secret" in caplog.text
    assert talk.conversation.persona == "one"
    await talk.conversation.session.current_agent.unasked.act(
        talk.conversation._call.bound.plan.tools["go"].then
    )
    assert talk.conversation._call.leaving is None


async def test_two_handoffs_at_once(desk):
    """Of two handoffs in one step the first happens."""
    talk = await desk()
    events = await talk.say("twice")
    assert [e["to"] for e in events if e["type"] == "handoff"] == ["billing"]
    assert events.texts[-1] == "Billing answers twice."


async def test_circle_ends(begin):
    """Personas that hand a call round in a circle are stopped."""
    talk = await begin(
        """
        agents:
          desk:
            start: one
            mode: text
            llm: brain
        personas:
          one:
            instructions: One.
            handoffs:
              two:
                when: Always.
          two:
            instructions: Two.
            handoffs:
              one:
                when: Always.
        providers:
          brain:
            llm: script
            with:
              rules:
                - when_tool_failed: "yes"
                  say: I answer myself.
                - when_caller_says: round
                  call: transfer_to_two
                - when_caller_says: round
                  call: transfer_to_one
        """
    )
    events = await talk.say("round")
    assert events.kinds.count("handoff") == 8
    assert events.texts == ["I answer myself."]
    assert events.failed == [True]


@pytest.mark.proves("Handoff.when")
async def test_handoff_tool_is_described(desk):
    """There is one tool a target, the persona's own and the agent's, its `when` rendered."""
    talk = await desk()
    tools = {t.id: t.info.raw_schema for t in talk.conversation.session.current_agent.tools}
    assert set(tools) == {"remember", "look_up", "transfer_to_billing", "transfer_to_manager"}
    assert tools["transfer_to_billing"]["description"] == (
        "Hand the call to billing. When: A question about money in Sunrise"
    )
