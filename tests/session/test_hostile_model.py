"""A hostile model: whatever it does, in any order, the caller has a call that holds."""

from __future__ import annotations

import asyncio
import itertools
import json
import random

import pytest
from support.wild import Wild

from runner.egress.port import ToolResponse
from runner.texts import shipped

AGAIN = shipped("apology")
LATER = shipped("call_later")

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    limits:
      max_turn: 20s
    variables:
      pin:
        type: text
        private: yes
      order:
        type: list
        of:
          dish:
            type: text
          many:
            type: integer
            optional: yes
      name:
        type: text
        description: Who calls
    tools:
      - remember
      - wait
      - end_call
      - add_dish
      - drop_dish
      - pay
      - say_it
      - go_on
    handoffs:
      cook:
        when: It is about food.
        say: To the kitchen.
personas:
  host:
    instructions: You are the host. {{ name }} {{ order | lines }}
    greeting:
      say: Good day.
    on_return:
      say: Back again.
  cook:
    instructions: You cook.
    on_handoff:
      say: Kitchen here.
    handoffs:
      host:
        when: It is settled.
tools:
  add_dish:
    add_to: order
  drop_dish:
    remove_from: order
  pay:
    description: Pay.
    parameters:
      amount:
        type: number
        max: "100"
    http:
      url: https://pay.example/
      method: POST
      body:
        json:
          pin: "{{ pin }}"
          amount: "{{ args.amount }}"
    then:
      say: It is paid.
    on_error: Say that it failed.
  say_it:
    description: Say it.
    say: It is said.
  go_on:
    description: Go on.
    set:
      name: gone
    then:
      handoff: cook
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
"""
PIN = "471108"
NAMES = [
    "remember", "wait", "end_call", "add_dish", "drop_dish", "pay", "say_it", "go_on",
    "transfer_to_cook", "transfer_to_host", "transfer_to_nobody", "fly", "", "x" * 5000,
]  # fmt: skip
ARGUMENTS = [
    "{}", "", "null", "[]", "7", '"text"', "}{ not json", '{"name": ', '{"a": {"b": [1, 2]}}',
    '{"amount": 5}', '{"amount": 1e999}', '{"amount": "five"}', '{"dish": "tea"}',
    '{"dish": "tea", "many": -1}', '{"line": 1}', '{"line": 99999999999999999999}',
    '{"name": "Ann"}', '{"name": null}', '{"pin": "guess"}', '{"name": "{{ pin }}"}',
    json.dumps({"name": "x" * 100_000}), '{"name": ' + "[" * 5000 + "]" * 5000 + "}",
]  # fmt: skip
TEXTS = ["", " ", "\n\n", "Fine.", "{{ pin }}", "{% for i in x %}", "z" * 40_000, "\0\x1b[31m"]


def move(dice):
    """One answer of the model."""
    calls = [
        (dice.choice(NAMES), dice.choice(ARGUMENTS)) for _ in range(dice.choice([1, 1, 2, 3, 8]))
    ]
    return dice.choice(
        [
            dice.choice(TEXTS),
            calls,
            [dice.choice(TEXTS), *calls],
            (None, dice.choice(TEXTS), calls),
            ValueError("broken"),
            TypeError("not even a stream"),
        ]
    )


class Service:
    """A service that echoes what it was sent, or fails."""

    def __init__(self, dice):
        self.dice = dice

    async def ask(self, _ask):
        return self.dice.choice(
            [
                ToolResponse(ok=True, output="paid", result={"ok": True}),
                ToolResponse(ok=False, output="no", error="no"),
            ]
        )


@pytest.mark.parametrize("seed", range(25))
async def test_a_hostile_model_breaks_no_call(begin, seed, caplog):
    """Each turn ends in time and in words, nobody speaks out of turn, no private value shows."""
    dice = random.Random(seed)  # noqa: S311 - no secret is made of it
    brain = Wild(*(move(dice) for _ in range(60)))
    talk = await begin(FOLDER, given={"pin": PIN}, models={"brain": brain})
    talk.conversation._call.egress = Service(dice)
    for turn in range(6):
        async with asyncio.timeout(60):
            events = await talk.say(f"hello {turn}")
        if talk.conversation.ended.done():
            break
        assert events.kinds[0] == "user"
        assert events.texts or "wait" in {e.get("name") for e in events}, events
        assert events.texts.count(AGAIN) <= 1
        moved = [e for e in events if e["type"] == "handoff"]
        assert all(a["to"] == b["from"] for a, b in itertools.pairwise(moved))
    shown = json.dumps(talk.events) + caplog.text
    assert PIN not in shown
    assert not [r for r in caplog.records if r.exc_info]
    called = [e["call_id"] for e in talk.events if e["type"] == "tool_call"]
    answered = [e["call_id"] for e in talk.events if e["type"] == "tool_result"]
    assert len(set(called)) == len(called)
    assert set(answered) <= set(called)
    assert talk.events.texts.count(LATER) <= 1
