"""A persona's `if` is a gate: no way leads to it while it is not true."""

from __future__ import annotations

import pytest
from support.wild import Wild

from runner.texts import shipped

NOT_YET = shipped("not_yet")

FOLDER = """
agents:
  bank:
    start: identify
    mode: text
    llm: brain
    variables:
      verified:
        type: yes_no
        default: "no"
    tools:
      - verify
      - jump
personas:
  identify:
    instructions: You identify the caller.
    greeting:
      say: Welcome.
    handoffs:
      menu:
        when: The caller wants anything.
    intents:
      money:
        phrases: my money
        then:
          - handoff: menu
          - say: This is never said.
  menu:
    if: verified
    instructions: You tell the balance.
    greeting:
      say: Here is the menu.
    handoffs:
      identify:
        when: It is done.
tools:
  verify:
    description: Verify.
    set:
      verified: "yes"
  jump:
    description: Jump.
    set:
      verified: "{{ verified }}"
    then:
      handoff: menu
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: it is me
          call: verify
        - when_caller_says: let me in
          call: transfer_to_menu
        - when_caller_says: done
          call: transfer_to_identify
        - when_caller_says: jump
          call: jump
      otherwise: Hm.
"""


@pytest.mark.proves("Persona.if")
async def test_a_closed_gate_is_not_offered_and_does_not_open(begin):
    """The model is not offered the handoff, and a call of it all the same does nothing."""
    model = Wild([("transfer_to_menu", "{}")], "I cannot.")
    talk = await begin(FOLDER, models={"brain": model})
    events = await talk.say("let me in")
    assert "transfer_to_menu" not in model.offered[0]
    assert events.failed == [True]
    assert talk.conversation.persona == "identify"


async def test_an_action_before_a_closed_gate_does_nothing(begin):
    """Its list ends, the caller hears a sentence, and the model is told."""
    model = Wild("I see.")
    talk = await begin(FOLDER, models={"brain": model})
    events = await talk.say("my money")
    assert events.texts == [NOT_YET]
    assert talk.conversation.persona == "identify"


async def test_a_tools_handoff_before_a_closed_gate_is_told_to_the_model(begin):
    """The answer of a tool whose `then` is turned away says so to the model."""
    seen = []

    def later(chat):
        seen.append(str(chat.items))
        return "Fine."

    model = Wild([("jump", "{}")], later)
    talk = await begin(FOLDER, models={"brain": model})
    events = await talk.say("jump")
    assert events.texts == [NOT_YET]
    await talk.say("and now?")
    assert "was not handed to menu" in seen[0]


async def test_an_open_gate_lets_in(begin):
    """As soon as it is true, the model and actions lead there."""
    talk = await begin(FOLDER)
    await talk.say("it is me")
    assert (await talk.say("my money")).texts == ["Here is the menu."]
    talk = await begin(FOLDER, given={"verified": "yes"})
    assert (await talk.say("let me in")).texts == ["Here is the menu."]


async def test_back_through_a_closed_gate_is_turned_away(begin):
    """`handoff: back` leads through no gate that has closed."""
    back = """    intents:
      go_back:
        phrases: go back
        then:
          - set:
              verified: "no"
          - handoff: back
"""
    folder = FOLDER.replace("personas:\n", back + "personas:\n", 1)
    talk = await begin(folder, given={"verified": "yes"})
    await talk.say("let me in")
    await talk.say("done")
    assert talk.conversation.persona == "identify"
    assert (await talk.say("go back")).texts == [NOT_YET]
    assert talk.conversation.persona == "identify"
