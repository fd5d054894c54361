"""Certain phrases are acted on before the model is asked."""

from __future__ import annotations

import time

import pytest
from support.wild import Wild

from runner.schema.intents import Intent
from runner.session.tasks.matching import IntentMatcher

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      vip:
        type: yes_no
        default: "no"
      asked:
        type: text
    intents:
      bye:
        phrases: goodbye
        end_call: Bye!
      wants_human:
        phrases: never heard
        say: The agent's own is hidden.
personas:
  host:
    instructions: You are the host. {{ asked }}
    greeting:
      say: Good day.
    tools:
      - note
    handoffs:
      operator:
        when: They want a person.
    intents:
      wants_human:
        phrases:
          - speak to a human
          - real person
        handoff: operator
      hours:
        pattern: open(ing)? hours
        then:
          - say: We open at eight.
          - instructions: Ask whether that suits.
      price:
        phrases: how much
        instructions: Say the price.
      noted:
        phrases: note this
        tool: note
        with:
          text: by the intent
      only_vip:
        phrases: my discount
        if: vip
        say: Ten percent for you.
      any_discount:
        phrases: discount
        set:
          asked: a discount
  operator:
    instructions: You are the operator.
    greeting:
      say: Operator here.
    intents:
      again:
        phrases: real person
        say: You have one.
tools:
  note:
    description: Note it.
    parameters:
      text:
        type: text
    set:
      asked: "{{ args.text }}"
    then:
      say: Noted.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_instructed: price
          say: Five dollars.
        - when_instructed: suits
          say: Does that suit?
        - when_caller_says: through
          call: transfer_to_operator
      otherwise: Hm.
"""


@pytest.mark.proves("Persona.intents", "Intent.phrases", "Intent.then")
async def test_a_phrase_is_acted_on_without_the_model(begin):
    """A phrase hands the call over; the model is not asked, and no tool call is told."""
    talk = await begin(FOLDER)
    events = await talk.say("Please, a REAL  person!")
    assert events.kinds == ["user", "intent", "handoff", "agent"]
    assert [e["name"] for e in events if e["type"] == "intent"] == ["wants_human"]
    assert events.texts == ["Operator here."]
    assert talk.conversation.persona == "operator"


async def test_words_that_are_not_in_a_row_mean_nothing(begin):
    """Parts of words and words apart are no phrase: the model answers."""
    talk = await begin(FOLDER)
    for text in ("a real nice person", "surreal persons", "speak to humans"):
        assert (await talk.say(text)).texts == ["Hm."]
    assert talk.conversation.persona == "host"


@pytest.mark.proves("Intent.pattern")
async def test_a_pattern_is_searched_anywhere_in_any_case(begin):
    """A pattern fits anywhere; a last instruction lets the model answer in this turn."""
    talk = await begin(FOLDER)
    events = await talk.say("What are your OPENING hours?")
    assert events.texts == ["We open at eight.", "Does that suit?"]
    assert events.kinds == ["user", "intent", "agent", "agent"]


async def test_instructions_hold_for_their_turn_only(begin):
    """What an intent told the model is not in its next turn."""
    talk = await begin(FOLDER)
    assert (await talk.say("how much?")).texts == ["Five dollars."]
    assert (await talk.say("fine")).texts == ["Hm."]


@pytest.mark.proves("Agent.intents")
async def test_an_agents_intents_hold_with_each_persona(begin):
    """The agent's intents hold everywhere; a persona's of the same name hides one."""
    talk = await begin(FOLDER)
    assert (await talk.say("never heard")).texts == ["Hm."]
    await talk.say("a real person")
    events = await talk.say("Goodbye")
    assert events.texts == ["Bye!"]
    assert events[-1]["reason"] == "end_call"


async def test_a_sentence_is_acted_on_once(begin):
    """The persona that takes over does not act on the words that brought the call to it."""
    talk = await begin(FOLDER)
    assert (await talk.say("a real person")).texts == ["Operator here."]
    assert (await talk.say("a real person")).texts == ["You have one."]


async def test_a_tool_of_an_intent_is_told(begin):
    """A tool that an intent runs has its events, as tools of other actions have."""
    talk = await begin(FOLDER)
    events = await talk.say("Note this.")
    assert events.kinds == ["user", "intent", "tool_call", "tool_result", "agent"]
    assert talk.conversation.variables["asked"] == "by the intent"
    assert events.texts == ["Noted."]


async def test_an_intent_that_does_nothing_now_leaves_the_next_its_turn(begin):
    """Where the `if` is false another intent is tried; without any the model is asked."""
    talk = await begin(FOLDER)
    assert "intent" in (await talk.say("my discount")).kinds
    assert talk.conversation.variables["asked"] == "a discount"
    talk = await begin(FOLDER, given={"vip": "yes"})
    assert (await talk.say("my discount")).texts == ["Ten percent for you."]


async def test_the_model_never_sees_how_an_intent_is_done(begin):
    """Neither its tools nor the talk hold anything of it, and a call of its name does nothing."""
    seen: list[str] = []

    def first(chat):
        seen.append(str([i for i in chat.items if i.type != "agent_config_update"]))
        return "I see."

    def second(chat):
        seen.append(str([i for i in chat.items if i.type != "agent_config_update"]))
        return [("CertainDeed", "{}")]

    model = Wild(first, second)
    talk = await begin(FOLDER, models={"brain": model})
    await talk.say("how much?")
    events = await talk.say("something else")
    assert "Say the price." in seen[0]
    assert not any("LKRUN" in chat for chat in seen)
    assert not any("CertainDeed" in tools for tools in model.offered)
    assert events.failed == [True]
    assert talk.conversation.persona == "host"


def test_three_hundred_intents_are_looked_through_in_a_millisecond():
    """A hundred sentences against 300 intents, patterns among them, in less than 0.1 s."""
    some = {
        f"intent_{n}": Intent.model_validate(
            {"phrases": [f"certain words {n}", f"number {n} of many"], "say": "x"}
            if n % 3
            else {"pattern": rf"order (number )?{n}\b", "say": "x"}
        )
        for n in range(300)
    }
    matcher = IntentMatcher(some)
    text = "well I would like to know whether there are any certain words that one may order " * 2
    assert matcher.match(text) is None
    begun = time.process_time()
    for _ in range(100):
        assert matcher.match(text) is None
    assert time.process_time() - begun < 0.1
    assert matcher.match("order number 297 please") == "intent_297"


@pytest.mark.parametrize(
    ("phrase", "sentence", "fits"),
    [
        ("real person", "REAL, PERSON?", True),
        ("don't know", "I don\u2019t know", True),
        ("homme", "l'homme", True),
        ("straße", "die STRASSE", True),
        ("人工客服", "我要人工客服谢谢", True),
        ("nói chuyện", "Tôi muốn NÓI CHUYỆN", True),
        ("ma", "má", False),
        ("person", "personal", False),
        ("नमस्ते", "नमस्ते जी", True),
    ],
)
def test_phrases_of_many_languages(phrase, sentence, fits):
    """Words are compared in any case and any script; only whole ones count."""
    matcher = IntentMatcher({"one": Intent.model_validate({"phrases": phrase, "say": "x"})})
    assert (matcher.match(sentence) == "one") is fits
