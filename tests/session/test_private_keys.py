"""What the caller presses for a private need is in nothing that lkrun tells, writes or asks."""

from __future__ import annotations

import asyncio
import json
import logging
import random

import httpx
import pytest
from support.wild import Wild

from runner.recording import turns_of

PIN = "48151623"
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
      attempts:
        type: integer
        default: "0"
    tools:
      - remember
      - echo
      - end_call
      - press_keys
personas:
  identify:
    instructions: You are the bank. {{ attempts }}
    greeting:
      say: Welcome.
    needs:
      name:
        description: Their name
        confirm: no
      pin:
        ask: Enter your PIN.
        type: text
        min: 4
        keypad: only
        private: yes
    when_known:
      - tool: verify
      - if: verified
        handoff: menu
      - say: That was not right.
      - ask_again: pin
  menu:
    if: verified
    instructions: You are the menu.
    greeting:
      say: What can I do?
    handoffs:
      identify:
        when: They want another account.
tools:
  verify:
    description: Verify.
    http:
      method: POST
      url: https://bank.example/pin
      body:
        json:
          pin: "{{ pin }}"
    result:
      save:
        verified: ok
        attempts: attempts
    on_error: Say that it failed.
  echo:
    description: Say it back.
    parameters:
      text:
        description: A text
    http:
      method: POST
      url: https://bank.example/echo
      body:
        json:
          text: "{{ args.text }}"
          pin: "{{ pin }}"
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
"""

NAMES = [
    "fill_in", "ask_again_for", "remember", "verify", "echo", "end_call", "press_keys",
    "transfer_to_menu", "transfer_to_identify", "CertainDeed", "pin",
]  # fmt: skip
ARGUMENTS = [
    "{}", '{"pin": "1111"}', '{"pin": null}', '{"need": "pin"}', '{"name": "Ann"}',
    '{"text": "{{ pin }}"}', '{"text": "what is the pin"}', '{"keys": "{{ pin }}"}',
    '{"keys": "12#"}', '{"confirmed": true}',
]  # fmt: skip
TEXTS = ["Fine.", "{{ pin }}", "Tell me your PIN.", "", "{{ secrets.PIN }}"]


def service(request):
    """A careless service, which sends back all that it was sent, and fails at times."""
    sent = json.loads(request.content)
    if len(str(sent)) % 3 == 0:
        return httpx.Response(500, json={"error": f"no: {sent}"})
    return httpx.Response(200, json={"ok": False, "attempts": 1, "sent": sent})


def move(dice, seen):
    """One answer of a model that wants the PIN, which keeps all that it is told."""

    def answer(chat):
        seen.append(json.dumps(chat.to_dict(exclude_timestamp=False), default=str))
        if dice.random() < 0.4:
            return dice.choice(TEXTS)
        return [(dice.choice(NAMES), dice.choice(ARGUMENTS)) for _ in range(dice.randint(1, 3))]

    return answer


@pytest.mark.parametrize("seed", range(12))
async def test_nothing_holds_what_was_pressed(seed, begin, caplog):
    """Model, events, log, variables, tasks and a recorded test: none of them knows the keys."""
    caplog.set_level(logging.DEBUG)
    dice, seen = random.Random(seed), []  # noqa: S311 - no secret is made of it
    model = Wild(*(move(dice, seen) for _ in range(400)))
    talk = await begin(FOLDER, service=service, models={"brain": model}, idle=False)
    moves = [PIN, PIN, PIN[:3], f"{PIN}#", f"#{PIN}", f"{PIN}*", "hello", "what did I press?", "no"]
    for _ in range(12):
        said = dice.choice(moves)
        if talk.conversation.ended.done():
            break
        await (talk.press(said) if said[-1] in "0123456789*#" else talk.say(said))
    assert seen
    recorded = [turn.step for turn in turns_of(talk.events)]
    written = [*seen, str(talk.events), caplog.text, str(talk.conversation.variables)]
    written += [str(recorded), str([task.get_name() for task in asyncio.all_tasks()])]
    for text in written:
        assert PIN not in text
        assert PIN[::-1] not in text


async def test_a_reload_opens_nothing_that_was_pressed_as_private(begin, load, caplog):
    """What is not private any more in a newer release has lost its value: it is asked anew."""
    folder = FOLDER.replace("    start: identify", "    start: identify\n    reload: next_turn")
    known = httpx.Response(200, json={"ok": True, "attempts": 1})
    talk = await begin(folder, service=lambda _: known, given={"name": "Ann"}, idle=False)
    await talk.press(f"{PIN}#")
    assert talk.conversation.persona == "menu"
    for lines in ("        private: yes\n", "        keypad: only\n"):
        folder = folder.replace(lines, "")
    opened = folder.replace("You are the menu.", "You are the menu. It is <{{ pin }}>.")
    await talk.conversation.renew(load(opened))
    await talk.say("x")
    assert "It is <>." in talk.system
    assert PIN not in talk.system + str(talk.events) + str(talk.conversation.variables)
    assert "variable 'pin' has lost its value: it was private, and is not any more" in caplog.text


def test_a_private_need_may_stand_only_where_a_secret_may(load):
    """In words of the model or of the caller it is refused when the folder is loaded."""
    for before in ("You are the bank.", "You are the menu.", "Welcome.", "What can I do?"):
        with pytest.raises(AssertionError, match="E305"):
            load(FOLDER.replace(before, before + " {{ pin }}"))


@pytest.mark.parametrize("lines", ["", "        private: yes\n"])
def test_what_is_private_is_so_wherever_it_is_declared(load, lines):
    """A variable of the agent of the same name must be private too: else it would be seen."""
    declared = f"    variables:\n      pin:\n        type: text\n{lines}"
    folder = FOLDER.replace("    variables:\n", declared)
    if lines:
        assert load(folder).private_names == {"pin"}
    else:
        with pytest.raises(AssertionError, match="write private: yes there too"):
            load(folder)


def test_the_model_never_stores_what_is_private(load):
    """A tool that lets it is refused."""
    keep = "tools:\n  keep:\n    description: Keep.\n    remember: pin\n"
    with pytest.raises(AssertionError, match="E210"):
        load(FOLDER.replace("tools:\n  verify:", f"{keep}  verify:").replace("- echo", "- keep"))


@pytest.mark.parametrize("test", ["args.text == pin", "args.text < pin", "pin[:1] == args.text"])
def test_what_is_private_is_not_compared_with_what_a_model_gives(load, test):
    """A rule that says whether a guess was right lets a model find it out; `is known` does not."""
    rules = "    rules:\n      - if: {}\n        answer: No.\nproviders:\n"
    assert load(FOLDER.replace("providers:\n", rules.format("pin is known and args.text"), 1))
    with pytest.raises(AssertionError, match="E305"):
        load(FOLDER.replace("providers:\n", rules.format(test), 1))


@pytest.mark.parametrize("by", ["remember", "set", "app"])
def test_what_is_private_is_not_compared_with_what_a_model_or_an_app_has_stored(load, by):
    """A guess that is kept first is a guess; the same variable beside it may be looked at."""
    describe = "        description: A guess\n" if by == "remember" else ""
    guess = f"    variables:\n      guess:\n        type: text\n{describe}"
    folder = FOLDER.replace("    variables:\n", guess, 1)
    if by == "set":
        tool = "tools:\n  note:\n    description: Note.\n    parameters:\n      said:\n"
        tool += '        type: text\n    set:\n      guess: "{{ args.said }}"\n'
        folder = folder.replace("tools:\n  verify:", f"{tool}  verify:", 1)
        folder = folder.replace("      - echo\n", "      - echo\n      - note\n", 1)
    if by == "app":
        app = "    app:\n      on:\n        tap:\n          parameters:\n            said:\n"
        app += "              type: text\n          then:\n            set:\n"
        app += '              guess: "{{ args.said }}"\n'
        folder = folder.replace("    start: identify\n", f"    start: identify\n{app}", 1)
    gate = "    when_known:\n      - if: {}\n        say: It fits.\n"
    assert load(
        folder.replace("    when_known:\n", gate.format("guess == 'a' and pin is known"), 1)
    )
    with pytest.raises(AssertionError, match="E305"):
        load(folder.replace("    when_known:\n", gate.format("pin == guess"), 1))
