"""`must_call`: the model's next reply begins with a call of the tool, with its own arguments."""

from __future__ import annotations

import pytest
from support.wild import Wild

from runner.schema.actions import MustCall

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      amount:
        type: number
      done:
        type: yes_no
    tools:
      - begin
      - pay
personas:
  host:
    instructions: You are the host.
tools:
  begin:
    description: Begin.
    set:
      done: "yes"
    then:
      THEN
  pay:
    description: Pay.
    if: CONDITION
    parameters:
      amount:
        type: number
    set:
      amount: "{{ args.amount }}"
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: begin
          call: begin
        - when_tool_answered: begin
          call:
            pay:
              amount: 7
      otherwise: Fine.
"""
PAY = {"type": "function", "function": {"name": "pay"}}


def folder(then="must_call: pay", condition="done"):
    return FOLDER.replace("THEN", then).replace("CONDITION", condition)


@pytest.mark.proves("MustCall.must_call")
async def test_the_next_reply_begins_with_the_call(begin):
    """The model is told by LiveKit's tool choice; the arguments are its own."""
    model = Wild([("begin", "{}")], [("pay", '{"amount": 5}')], "Paid.")
    talk = await begin(folder(), models={"brain": model})
    done = await talk.say("Begin.")
    assert model.choices[1] == PAY
    assert model.choices[2] != PAY
    assert talk.conversation.variables["amount"] == 5
    assert done.texts == ["Paid."]


async def test_words_before_it_do_not_keep_the_model_from_it(begin):
    """`say`, then `must_call`: the words are spoken, and the call follows in the same turn."""
    model = Wild([("begin", "{}")], [("pay", '{"amount": 5}')], "Paid.")
    talk = await begin(
        folder("- say: Let us pay.\n      - must_call: pay"), models={"brain": model}
    )
    assert (await talk.say("Begin.")).texts == ["Let us pay.", "Paid."]
    assert model.choices[1] == PAY


async def test_a_model_that_does_not_is_not_asked_for_ever(begin, caplog):
    """It holds for one reply; the log says that the model has not done it."""
    model = Wild([("begin", "{}")], "I would rather not.", "Fine.")
    talk = await begin(folder(), models={"brain": model})
    await talk.say("Begin.")
    await talk.say("And now?")
    assert model.choices[1] == PAY
    assert model.choices[2] != PAY
    assert "the model did not call 'pay', as it had to" in caplog.text


async def test_a_tool_that_is_not_offered_is_not_demanded(begin, caplog):
    """Where its `if` is not true, the model answers as it likes."""
    model = Wild([("begin", "{}")], "Well.")
    talk = await begin(folder(condition="not done"), models={"brain": model})
    await talk.say("Begin.")
    assert model.choices[1] != PAY
    assert "the model cannot call 'pay': it is not offered now" in caplog.text


@pytest.mark.proves("MustCall.if")
async def test_an_if_holds_for_it(begin):
    """Where the condition of the action is not true, nothing is demanded."""
    model = Wild([("begin", "{}")], "Well.")
    talk = await begin(folder("if: amount is known\n      must_call: pay"), models={"brain": model})
    await talk.say("Begin.")
    assert model.choices[1] != PAY


async def test_outside_of_a_turn_it_waits_for_the_next_reply(begin):
    """What `idle` or another action demands is called when the model answers next."""
    model = Wild([("pay", '{"amount": 9}')], "Paid.")
    talk = await begin(folder(condition="not done"), models={"brain": model})
    await talk.conversation._call.persona.unasked.act(
        (MustCall.model_validate({"must_call": "pay"}),)
    )
    assert model.choices == []
    await talk.say("Hello.")
    assert model.choices[0] == PAY
    assert talk.conversation.variables["amount"] == 9


async def test_the_script_model_obeys(begin):
    """A folder that needs no key calls the tool as well."""
    talk = await begin(folder())
    await talk.say("begin")
    assert talk.conversation.variables["amount"] == 7
