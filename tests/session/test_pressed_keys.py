"""Keys of a telephone: for what is asked, for the keypad, for the model."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from support.wild import Wild

from runner.cli.talk.commands import keys_in_json, keys_of, wrong_keys
from runner.session.clock import SimulatedClock
from runner.session.observers.tones import Tones
from runner.session.tools.press_keys import press

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
      chosen:
        type: text
    keypad:
      "0":
        handoff: person
personas:
  identify:
    instructions: You are the bank.
    greeting:
      say: Welcome.
    needs:
      pin:
        ask: Enter your PIN.
        type: digits
        length: 4
        keypad: only
        private: yes
        tries: 20
        wait: 2s
    when_known:
      - if: attempts >= 1
        handoff: menu
      - set:
          attempts: "{{ attempts + 1 }}"
      - say: That was not right.
      - ask_again: pin
  menu:
    instructions: You are the menu.
    greeting:
      say: Press 1.
    keypad:
      "1":
        say: Ninety.
      "2":
        set:
          chosen: two
      "3":
        tool: note
      "4":
        must_call: note
      "5":
        press_keys: 1 w 2#
      "6":
        - if: chosen == 'never'
          say: Never.
      "7":
        handoff: form
      "8":
        end_call: Bye.
      "0":
        say: The menu's own.
      other:
        say: Press 1, please.
  form:
    instructions: You take orders.
    greeting:
      say: Orders.
    needs:
      number:
        ask: Which number?
        type: integer
        min: 10
        max: 99
        keypad: also
      card:
        ask: Which card?
        type: card
        keypad: also
        confirm: no
      code:
        ask: Which code?
        type: digits
        length: 3
        confirm: yes
      word:
        description: A word
    when_known:
      say: All is known.
    keypad:
      "*":
        handoff: menu
  person:
    instructions: You are a person.
    greeting:
      say: A person here.
    tools:
      - press_keys
      - note
tools:
  note:
    description: Note it.
    set:
      chosen: noted
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: word
          call:
            fill_in:
              word: yellow
        - when_caller_says: press for me
          call:
            press_keys:
              keys: 1w#
        - when_caller_says: press nonsense
          call:
            press_keys:
              keys: call them
        - when_caller_matches: "pressed these keys: 6"
          say: You pressed six.
        - when_caller_says: pressed some keys
          say: Some keys were pressed.
      otherwise: Hm.
"""


def keys(events):
    """Who pressed what."""
    return [(e["role"], e["keys"]) for e in events if e["type"] == "keypad"]


@pytest.fixture
async def talk(begin):
    """A talk in which nobody waits for keys."""
    return await begin(FOLDER, idle=False)


@pytest.fixture
async def menu(talk):
    """A talk that has come to the menu."""
    await talk.press("1111#")
    await talk.press("1111#")
    assert talk.conversation.persona == "menu"
    return talk


@pytest.mark.proves("Need.keypad", "Need.private", "Need.end_key")
async def test_a_private_need_is_pressed(talk):
    """The keys become the variable, and nothing that is told says which they were."""
    events = await talk.press("4711#")
    assert talk.conversation._call.bound.variables.get("pin") is None  # asked for once more
    assert keys(events) == [("user", None)]
    assert events.texts == ["That was not right.", "Enter your PIN."]
    assert "4711" not in str(events)


async def test_the_same_keys_once_more_are_an_answer(talk):
    """Who types the same PIN again is answered again."""
    await talk.press("4711#")
    events = await talk.press("4711")
    assert events.texts == ["Press 1."]


@pytest.mark.parametrize(
    ("pressed", "words"),
    [
        ("12#", "That was too short."),
        ("12", "That was too short."),
        ("#", "That was too short."),
        ("12345#", "That was too long."),
        ("1" * 64, "That was too long."),
        ("*", "Please use the number keys only."),
        ("12*4#", "Please use the number keys only."),
    ],
)
async def test_each_slip_has_its_sentence(talk, pressed, words):
    """The caller hears what was wrong, and the question once more."""
    assert (await talk.press(pressed)).texts == [words, "Enter your PIN."]


@pytest.mark.parametrize("pressed", ["", "abc", "A", "\0", "１２"])
async def test_what_is_no_key_does_nothing(talk, pressed):
    """Nothing happens, and nothing is told."""
    assert await talk.press(pressed) == []


async def test_tries_that_are_used_up(begin):
    """Asked as often as it may be, it is given up; what on_failure says is done."""
    folder = FOLDER.replace(
        "tries: 20", "tries: 2\n        on_failure:\n          end_call: Visit us."
    )
    talk = await begin(folder, idle=False)
    assert (await talk.press("1#")).texts == ["That was too short.", "Enter your PIN."]
    events = await talk.press("1#")
    assert events.texts == ["That was too short.", "Visit us."]
    assert events.kinds[-1] == "end"
    assert await talk.press("1") == []


@pytest.mark.proves("Persona.keypad")
async def test_a_keypad_is_a_menu(menu):
    """Each key does what stands there; other does it for all the rest."""
    assert (await menu.press("1")).texts == ["Ninety."]
    assert (await menu.press("*")).texts == ["Press 1, please."]
    assert keys(await menu.press("0")) == [("user", "0")]
    assert menu.conversation.persona == "menu"  # its own entry wins over the agent's


async def test_what_is_asked_comes_before_the_keypad(menu):
    """A digit is for what is asked, whatever the keypad has for it."""
    await menu.press("7")
    await menu.press("0")
    assert menu.conversation.persona == "form"


async def test_a_key_without_words_is_answered(menu):
    """Where nothing has been said the model answers."""
    assert (await menu.press("2")).texts == ["Hm."]
    assert menu.conversation.variables["chosen"] == "two"


async def test_tools_of_a_key(menu):
    """A tool is run without the model; must_call has the model call one."""
    events = await menu.press("3")
    assert events.kinds == ["keypad", "tool_call", "tool_result", "agent"]
    assert menu.conversation.variables["chosen"] == "noted"


async def test_a_key_whose_actions_do_nothing_now_goes_to_other(menu):
    """A false if leaves the key to other."""
    assert (await menu.press("6")).texts == ["Press 1, please."]


@pytest.mark.proves("PressKeys.press_keys")
async def test_an_action_presses_keys(menu):
    """By text it is shown; blanks are passed over."""
    assert keys(await menu.press("5")) == [("user", "5"), ("agent", "1w2#")]


async def test_a_row_of_keys_goes_on_where_the_call_has_come_to(talk):
    """Who knows the menu types ahead: over a handoff too."""
    events = await talk.press("1111#1111#18")
    assert events.kinds[-1] == "end"
    assert events.texts[-2:] == ["Ninety.", "Bye."]


async def test_keys_or_words(menu):
    """Needs that may be both take what comes; what a value does not fit is told."""
    await menu.press("7")
    assert (await menu.press("5#")).texts == ["That does not seem to be right.", "Which number?"]
    assert (await menu.press("50#")).texts == ["Which card?"]
    assert (await menu.press("4111#")).texts == ["That does not seem to be right.", "Which card?"]
    assert (await menu.press("4111111111111111#")).texts == ["Which code?"]
    assert (await menu.press("123")).texts == ["123. Is that right?"]
    assert (await menu.press("456")).texts == ["456. Is that right?"]
    await menu.say("Yes.")
    assert menu.conversation.variables["code"] == "456"
    assert (await menu.say("word")).texts == ["All is known."]


async def test_the_keypad_takes_what_a_need_cannot(menu):
    """A key that is no digit leaves a half-typed number for what the keypad has."""
    await menu.press("7")
    await menu.press("5*")
    assert menu.conversation.persona == "menu"


@pytest.mark.proves("Agent.keypad")
async def test_the_model_is_told_of_keys_that_nothing_takes(begin):
    """Which ones they were; what the agent's own keypad has is done with each persona."""
    folder = FOLDER.replace("start: identify", "start: person").replace(
        '      "0":\n        handoff: person\n', '      "0":\n        handoff: identify\n'
    )
    talk = await begin(folder, idle=False)
    events = await talk.press("6")
    assert events.kinds == ["keypad", "agent"]
    assert events.texts == ["You pressed six."]
    await talk.press("0")
    assert talk.conversation.persona == "identify"


async def test_the_model_is_not_told_which_keys_where_some_are_private(begin):
    """A caller who types their PIN once too often has not told the model."""
    folder = FOLDER.replace("      other:\n        say: Press 1, please.\n", "")
    talk = await begin(folder, idle=False)
    await talk.press("4711#4711#")
    events = await talk.press("999")
    assert keys(events) == [("user", None)]
    assert events.texts == ["Some keys were pressed."]


@pytest.mark.proves(
    "PressKeysTool.press_keys",
    "PressKeysTool.then",
    "PressKeysTool.if",
    "PressKeysTool.description",
    "PressKeysTool.parameters",
    "PressKeys.if",
)
async def test_the_model_presses_keys(begin):
    """It gives them; what is no key is refused by its parameter. The rest: test_next_turn_flow."""
    talk = await begin(FOLDER.replace("start: identify", "start: person"))
    events = await talk.say("press for me")
    assert keys(events) == [("agent", "1w#")]
    assert events.failed == [False]
    events = await talk.say("press nonsense")
    assert keys(events) == []
    assert events.failed == [True]


@pytest.mark.proves("Need.wait")
async def test_silence_where_only_keys_answer(begin):
    """No key in ten seconds is a try; what the caller says meanwhile begins it anew."""
    clock = SimulatedClock(datetime(2026, 11, 30, 9, tzinfo=UTC))
    talk = await begin(FOLDER, clock=clock)
    clock.advance(9)
    await talk.conversation.quiet()
    assert talk.events.texts == ["Welcome.", "Enter your PIN."]
    clock.advance(2)
    await talk.until(lambda e: e.get("text") == "I have not received any keys.")
    await talk.conversation.quiet()
    assert talk.events.texts[-1] == "Enter your PIN."


@pytest.mark.proves("Need.parts", "Need.spell")
async def test_parts_and_spelling_of_a_name(begin):
    """A name lacks no part; it is read back letter by letter."""
    folder = """
    agents:
      desk:
        start: host
        mode: text
        llm: brain
    personas:
      host:
        instructions: You ask.
        needs:
          who:
            type: name
            parts:
              - first
              - last
            spell: yes
            ask: Your name?
    providers:
      brain:
        llm: script
        with:
          rules:
            - when_caller_says: Ann Lee
              call:
                fill_in:
                  who: Ann Lee
            - when_caller_says: Ann
              call:
                fill_in:
                  who: Ann
          otherwise: Hm.
    """
    talk = await begin(folder)
    events = await talk.say("Ann")
    assert events.outputs == ["Not taken: who must have a first and last name."]
    events = await talk.say("Ann Lee")
    assert events.texts == ["Ann Lee, spelled A n n L e e. Is that right?"]
    assert (await talk.say("yes")).texts[:1] == ["Hm."]
    assert talk.conversation.variables["who"] == "Ann Lee"


async def test_the_model_is_told_that_keys_are_asked_for(begin):
    """It is not offered the need, and is told never to ask for it aloud."""
    events = []

    def first(chat):
        events.append(str([i.text_content for i in chat.messages()]))
        return "One moment."

    model = Wild(first)
    talk = await begin(FOLDER, models={"brain": model}, idle=False)
    assert (await talk.say("my PIN is 4711")).texts == ["One moment.\nEnter your PIN."]
    assert model.offered[0] == set()
    assert "never ask them to say it" in events[0]


async def test_a_flood_of_keys_is_bounded(talk):
    """A thousand keys are taken as far as anybody would type, and the talk goes on."""
    call = talk.conversation._call
    for _ in range(1000):
        call.keys.press("5")
    assert len(call.keys._waiting) <= 300
    await asyncio.wait_for(call.keys._work, 10)
    assert (await talk.press("1111#")).texts[-1] in ("Enter your PIN.", "Press 1.")


class Room:
    """A room in which keys are pressed, and to which they are sent."""

    def __init__(self):
        self.local_participant, self.sent = self, []

    def on(self, name, handler):
        assert name == "sip_dtmf_received"
        self.pressed = handler

    async def publish_dtmf(self, *, code, digit):
        self.sent.append((code, digit))


async def test_keys_of_a_room(menu):
    """Those of the caller count, and of a server; what the agent presses is published."""
    call, room = menu.conversation._call, Room()
    call.room, call.in_room, call.channel = room, True, "voice"
    Tones(call, lambda: "caller").listen(room)
    for who in ("somebody", "caller", None):
        sender = SimpleNamespace(identity=who) if who else None
        room.pressed(SimpleNamespace(digit="1", participant=sender))
    await asyncio.wait_for(call.keys._work, 10)
    assert menu.events.texts.count("Ninety.") == 2
    assert await press(call, "1w#")
    assert room.sent == [(1, "1"), (11, "#")]


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ('{"keypad": "12#"}', "12#"),
        ('{"keypad": 5}', None),
        ('{"keypad": "1", "text": "x"}', None),
        ("{ not json", None),
        ("12#", None),
    ],
)
def test_keys_of_a_line(line, keys):
    """In `chat --format json` a line of that JSON presses keys; all else is said."""
    assert keys_in_json(line) == keys


def test_keys_of_a_command():
    """`/keys 12#` presses them; what is no key is told."""
    assert keys_of("keys 12#") == "12#"
    assert keys_of("vars") is None
    assert wrong_keys("12#") is None
    assert wrong_keys("1a") == "'a' is not a key of a telephone; they are 0 to 9, * and #"
    assert wrong_keys("") == "write the keys behind it, such as /keys 12#"
