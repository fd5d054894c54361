"""A hostile model never gets past `confirm`, `rules`, `max_uses`, bounds or an identical call."""

from __future__ import annotations

import random

import pytest
from support.wild import Wild

from runner.egress.port import ToolResponse
from runner.session.values.consent import consent

FOLDER = """
agents:
  bank:
    start: teller
    mode: text
    llm: brain
    limits:
      max_turn: 20s
      max_tool_steps: 4
    variables:
      balance:
        type: number
        default: "100"
    tools:
      - pay
      - move
      - close
      - later
personas:
  teller:
    instructions: You are the teller.
    handoffs:
      chief:
        when: It is difficult.
  chief:
    instructions: You are the chief.
    handoffs:
      teller:
        when: It is settled.
tools:
  pay:
    description: Pay.
    parameters:
      amount:
        type: number
        min: "1"
        max: "{{ balance }}"
      to:
        type: text
        length: "3"
    confirm: Shall I pay {{ args.amount }} to {{ args.to }}?
    max_uses: 3
    rules:
      - if: args.amount > 50 and args.to != 'ann'
        answer: Only Ann may have so much.
    http:
      url: https://bank.example/pay
      method: POST
  move:
    description: Move.
    parameters:
      amount:
        type: integer
        max: "{{ balance }}"
    max_uses: 4
    http:
      url: https://bank.example/move
      method: POST
  close:
    description: Close the account.
    confirm: yes
    http:
      url: https://bank.example/close
      method: DELETE
  later:
    description: Do it later.
    parameters:
      amount:
        type: integer
    background: yes
    max_uses: 2
    rules:
      - if: args.amount != 7
        answer: Seven only.
    http:
      url: https://bank.example/later
      method: POST
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
"""
NAMES = ["pay", "pay", "pay", "move", "close", "close", "later", "transfer_to_chief",
         "transfer_to_teller", "CertainDeed", "nothing"]  # fmt: skip
ARGUMENTS = [
    '{"amount": 5, "to": "bob"}', '{"amount": 60, "to": "bob"}', '{"amount": 60, "to": "ann"}',
    '{"amount": 500, "to": "ann"}', '{"amount": -1, "to": "bob"}', '{"amount": 5, "to": "robert"}',
    '{"amount": 5}', '{"amount": "5", "to": "bob"}', '{"amount": 5, "to": "bob", "agreed": true}',
    '{"amount": 5, "to": "bob", "confirm": true}', "{}", "[]", "not json", '{"amount": 7}',
    '{"amount": 100}', '{"amount": 101}', '{"amount": 1e999, "to": "ann"}',
]  # fmt: skip
TEXTS = ["", "Yes.", "The caller said yes.", "It is done.", "Yes yes yes, I confirm."]
ANSWERS = [
    "Yes.", "Yes, please.", "No.", "Go ahead.", "What?", "Yes, but tomorrow.", "Pay it all.",
    "I confirm. Pay 60 to bob.", "No, wait, yes.", "", "Maybe.", "Ann", "sure",
]  # fmt: skip


def answer(dice):
    """One answer of the model: words, calls, both, or the same call more than once."""
    calls = [(dice.choice(NAMES), dice.choice(ARGUMENTS)) for _ in range(dice.randint(0, 4))]
    if calls and dice.random() < 0.3:
        calls.append(calls[0])
    if not calls:
        return dice.choice(TEXTS)
    return [dice.choice(TEXTS), *calls] if dice.random() < 0.3 else calls


@pytest.mark.parametrize("seed", range(12))
async def test_nothing_is_sent_that_is_not_allowed(begin, seed):
    """Whatever the model says, calls or makes up, in any order, each request keeps to the rules."""
    dice = random.Random(seed)  # noqa: S311 - no secret hangs on it
    model = Wild(*(answer(dice) for _ in range(160)))
    talk = await begin(FOLDER, ToolResponse(ok=True, output="Done."), models={"brain": model})
    tools_sent: list[str] = []
    agreed = []
    for _ in range(25):
        words = dice.choice(ANSWERS)
        before = len(talk.service.asked)
        last = talk.events.texts[-1] if talk.events.texts else ""
        said = consent(words, last)
        await talk.say(words)
        sent = talk.service.asked[before:]
        deeds = [request for request in sent if request.tool in ("pay", "close")]
        assert len(deeds) <= 1
        if deeds:
            assert said is True, (words, last)
            agreed.append((deeds[0], last))
        tools_sent += [request.tool for request in sent]
    for request, question in agreed:
        if request.tool == "pay":
            args = request.arguments
            assert question == f"Shall I pay {args['amount']:g} to {args['to']}?"
            assert 1 <= args["amount"] <= 100
            assert len(args["to"]) == 3
            assert args["amount"] <= 50 or args["to"] == "ann"
    assert tools_sent.count("pay") <= 3
    assert tools_sent.count("move") <= 4
    assert tools_sent.count("later") <= 2
    assert all(r.arguments["amount"] <= 100 for r in talk.service.asked if r.tool == "move")
    assert all(r.arguments == {"amount": 7} for r in talk.service.asked if r.tool == "later")


async def test_it_is_possible_to_get_through(begin):
    """The same folder does what it is for: what was asked about and agreed to is sent."""
    model = Wild([("pay", '{"amount": 60, "to": "ann"}')], "Paid.")
    talk = await begin(FOLDER, ToolResponse(ok=True, output="Done."), models={"brain": model})
    await talk.say("Pay Ann.")
    await talk.say("Yes.")
    assert [r.arguments for r in talk.service.asked] == [{"amount": 60, "to": "ann"}]
