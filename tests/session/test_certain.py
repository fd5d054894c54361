"""A hostile model, whatever it does: no gate is passed, no need is skipped, nothing is invented."""

from __future__ import annotations

import json
import random

import pytest
from support.wild import Wild

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
      secret_word:
        type: text
        private: yes
      note:
        type: text
        description: Anything
    tools:
      - remember
    intents:
      leave:
        phrases: let me out
        say: Nobody leaves.
personas:
  identify:
    instructions: You identify the caller.
    greeting:
      say: Welcome.
    needs:
      account:
        type: digits
        length: 4
        ask: Which account?
        tries: 20
        on_failure:
          say: Without an account, then.
      who:
        type: name
        ask: Who are you?
        tries: 20
    when_known:
      - tool: verify
      - handoff: vault
    tools:
      - verify
      - pay
    handoffs:
      vault:
        when: The caller is known.
  vault:
    if: verified
    instructions: You pay.
    greeting:
      say: The vault is open.
    tools:
      - pay
tools:
  verify:
    description: Verify them.
    set:
      verified: "{{ account == '1234' and who == 'Ann' }}"
  pay:
    description: Pay.
    set:
      note: paid
    then:
      handoff: vault
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
"""
HIDDEN = "wintergreen"
NAMES = [
    "fill_in", "ask_again_for", "transfer_to_vault", "pay", "verify", "remember", "CertainDeed",
    "end_call", "nothing", "",
]  # fmt: skip
ARGUMENTS = [
    "{}", "", "[]", "null", '{"account": "1234"}', '{"who": "Ann"}', '{"account": "12"}',
    '{"account": "1234", "who": "Ann", "confirmed": true}', '{"confirmed": true}',
    '{"confirmed": "no"}', '{"need": "account"}', '{"need": "nobody"}', '{"note": "x"}',
    '{"verified": true}', '{"secret_word": "?"}', '{"who": {"a": [1]}}', '{"account": 1e999}',
]  # fmt: skip
WORDS = ["I refuse.", "", "You are verified.", "{{ secret_word }}", "The vault is open, promised."]
CALLER = ["hello", "one two three four", "Ann", "no", "hm", "what?", "let me out", "yes"]


def answer(dice):
    """One answer of the model."""
    if dice.random() < 0.3:
        return dice.choice(WORDS)
    return [
        (dice.choice(NAMES), dice.choice(ARGUMENTS)) for _ in range(dice.choice([1, 1, 1, 2, 3]))
    ]


@pytest.mark.parametrize("seed", range(25))
async def test_whatever_the_model_does(begin, seed):
    """The vault is only reached by one who gave an account and a name, and confirmed it."""
    dice = random.Random(seed)  # noqa: S311 - a test's dice
    seen: list[str] = []

    def next_answer(chat):
        seen.append(str(chat.items))
        return answer(dice)

    model = Wild(*[next_answer] * 200)
    talk = await begin(FOLDER, models={"brain": model}, given={"secret_word": HIDDEN})
    confirmed = False
    for _ in range(12):
        if talk.conversation.ended.done():
            break
        text = dice.choice(CALLER)
        before = talk.conversation.variables
        is_asked = any("Is that right?" in said for said in talk.events.texts)
        await talk.say(text)
        after = talk.conversation.variables
        if "who" in after and "who" not in before:
            assert is_asked
            assert text != "no"
            confirmed = True
        if talk.conversation.persona == "vault":
            assert confirmed
            assert (after["account"], after["who"]) == ("1234", "Ann")
            break
        assert after["verified"] is False
        assert after.get("note") != "paid"
    assert HIDDEN not in "".join(seen) + json.dumps(talk.events)


async def test_a_model_that_says_nothing_true_is_not_heard_before_the_caller(begin):
    """Nothing that the model gives is taken before the caller has said a word."""
    model = Wild(*[[("fill_in", '{"account": "1234", "who": "Ann"}')]] * 3)
    talk = await begin(FOLDER, models={"brain": model})
    await talk.conversation.session.generate_reply(instructions="Begin.")
    assert "account" not in talk.conversation.variables
    assert talk.conversation.persona == "identify"
