"""An agent of several languages: its words, models and voice go with what is spoken."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from support.given import give
from support.speech import HeldSpeaker, Microphone, Voice
from support.wild import Wild

from runner.session import CallFacts
from runner.session.clock import SimulatedClock
from runner.session.conversation import Conversation
from runner.session.values.detection import detect, words_in
from runner.texts import shipped

FOLDER = """
agents:
  hotel:
    start: desk
    mode: text
    llm:
      de: german
      en: english
    languages:
      speak:
        - de
        - en
      switch: SWITCH
personas:
  desk:
    instructions: "{{ language }}, {{ 1.5 }}"
    greeting:
      say:
        de: Guten Tag.
        en: Good day.
    tools:
      - tell
    handoffs:
      booking:
        when: Zimmer
        say:
          de:
            - Gern.
            - Sofort.
          en: Sure.
  booking:
    instructions: Book.
    needs:
      who:
        type: name
        ask:
          de: Wie heißen Sie?
          en: What is your name?
tools:
  tell:
    description: Tell it.
    say:
      de: Neun Uhr.
      en: At nine.
providers:
  german:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
  english:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
"""
GERMAN = "Haben Sie noch ein Zimmer frei?"
ENGLISH = "Do you have a room for us?"


def call(name, **given):
    return [(name, json.dumps(given))]


async def talk_in(begin, switch="automatic", german=(), english=(), **rest):
    models = {"german": Wild(*german), "english": Wild(*english)}
    talk = await begin(FOLDER.replace("SWITCH", switch), models=models, **rest)
    return talk, models


@pytest.mark.proves(
    "Agent.languages", "Languages.speak", "Languages.switch",
)  # fmt: skip
async def test_the_agent_goes_with_its_caller(begin):
    """It begins in the first language; three words of another and all is of that one."""
    talk, _ = await talk_in(begin, german=("Ja.",), english=("Yes.",))
    assert talk.events.texts == ["Guten Tag."]
    assert "de, 1,5" in talk.system
    assert (await talk.say(GERMAN)).texts == ["Ja."]
    events = await talk.say(ENGLISH)
    assert events.texts == ["Yes."]
    (switched,) = [event for event in events if event["type"] == "language"]
    assert (switched["from"], switched["to"]) == ("de", "en")
    assert "en, 1.5" in talk.system
    assert "English" in talk.system
    assert (await talk.say("Danke, das war sehr nett von Ihnen.")).texts == ["Fine."]
    assert "de, 1,5" in talk.system


@pytest.mark.parametrize(
    ("said", "spoken"),
    [
        (["Yes please"], "de"),
        (["Yes please", "Yes please"], "en"),
        (["Yes please", "Nein danke", "Yes please"], "de"),
        (["12 34 56"], "de"),
        (["Ok", "Ok", "Ok"], "de"),
    ],
)
async def test_one_word_is_no_language(begin, said, spoken):
    """Fewer than three words change it only where the turn before was of that language too."""
    talk, _ = await talk_in(begin)
    for text in said:
        await talk.say(text)
    assert talk.conversation._call.bound.context.spoken == spoken


async def test_a_name_changes_nothing(begin):
    """While something is asked for, one answer in another language is not enough."""
    talk, _ = await talk_in(begin, german=(call("transfer_to_booking"),))
    assert (await talk.say(GERMAN)).texts == ["Gern.", "Wie heißen Sie?"]
    await talk.say("George Washington Carver of the United States")
    assert talk.conversation._call.bound.context.spoken == "de"
    events = await talk.say("I would like to speak English, please")
    assert "What is your name?" in "\n".join(events.texts)


@pytest.mark.parametrize("switch", ["on_request", "never"])
async def test_without_automatic_words_change_nothing(begin, switch):
    """`on_request` and `never` do not go by what is spoken."""
    talk, models = await talk_in(begin, switch)
    await talk.say(ENGLISH)
    await talk.say(ENGLISH)
    assert talk.conversation._call.bound.context.spoken == "de"
    offered = {"switch_language"} if switch == "on_request" else set()
    assert models["german"].offered[-1] & {"switch_language"} == offered


async def test_the_model_changes_it_when_it_is_asked_to(begin):
    """Its tool takes the languages of the agent, and the answer is of the new one's model."""
    calls = [call("switch_language", language="fr"), call("switch_language", language="en")]
    talk, _ = await talk_in(begin, "on_request", german=calls, english=("How can I help?",))
    events = await talk.say("Sprechen Sie Englisch?")
    assert events.failed == [True, False]
    assert "Deutsch" in events.outputs[0]
    assert events.outputs[1] == "From now on you speak English."
    assert events.texts[-1] == "How can I help?"


async def test_a_handoff_keeps_the_language(begin):
    """Who takes over speaks what was spoken, and so do handoff words, needs and tools."""
    talk, _ = await talk_in(
        begin, english=(call("tell"), call("transfer_to_booking"), RuntimeError("down"))
    )
    assert (await talk.say(ENGLISH)).texts == ["At nine."]
    assert (await talk.say("A room please")).texts == ["Sure.", "What is your name?"]
    assert shipped("apology", "en") in (await talk.say("Well, well")).texts
    assert "English" in talk.system


async def test_a_list_of_words_is_used_in_turn_in_each_language(begin):
    """Each language counts its own."""
    talk, _ = await talk_in(begin)
    conversation_call = talk.conversation._call
    words = conversation_call.bound.release.personas["desk"].handoffs["booking"].say
    renderer = conversation_call.bound.renderer
    assert [renderer.next(words) for _ in range(3)] == ["Gern.", "Sofort.", "Gern."]
    renderer.speak("en")
    assert [renderer.next(words) for _ in range(2)] == ["Sure.", "Sure."]


async def test_another_release_keeps_what_is_spoken(begin, load):
    """A reload goes on in the language of the call, as long as it is spoken at all."""
    talk, _ = await talk_in(begin)
    await talk.say(ENGLISH)
    other = load(FOLDER.replace("SWITCH", "automatic").replace("Good day.", "Good evening."))
    await talk.conversation.renew(other)
    assert talk.conversation._call.bound.context.spoken == "en"
    assert "en, 1.5" in talk.system


@pytest.mark.parametrize(
    ("text", "among", "language"),
    [
        (GERMAN, ("de", "en"), "de"),
        (ENGLISH, ("en-US", "de-AT"), "en-US"),
        ("Tôi muốn đặt phòng", ("vi", "en"), "vi"),
        ("我想要一个房间", ("en", "zh"), "zh"),
        ("部屋はありますか", ("zh", "ja"), "ja"),
        ("Chcę pokój na dziś", ("pl", "de", "fr"), "pl"),
        ("Bir oda istiyorum", ("tr", "nl"), "tr"),
        ("Ok", ("de", "en"), None),
        ("", ("de", "en"), None),
        ("118", ("de", "en"), None),
        (ENGLISH, ("en",), None),
    ],
)
def test_a_language_is_told_apart(text, among, language):
    """One of those that are asked about, where it is clear."""
    assert detect(text, among) == language


@pytest.mark.parametrize(
    ("text", "words"), [("a b c", 3), ("我想要一个房间", 3), ("", 0), ("はい", 1)]
)
def test_words_are_counted_in_every_script(text, words):
    """Two signs of a script without spaces are about a word."""
    assert words_in(text) == words


VOICE = """
agents:
  hotel:
    start: desk
    llm: brain
    vad: no
    stt: ears
    tts:
      de: anna
      en: emma
    turn_taking:
      detection: stt
      min_delay: 0ms
      warm_up: 0s
    languages:
      speak:
        - de
        - en
personas:
  desk:
    instructions: You answer.
    greeting:
      say:
        de: Guten Tag.
        en: Good day.
providers:
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  anna:
    tts: espeak
  emma:
    tts: espeak
    with:
      pitch: 60
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: nein danke
          say: Bitte sehr.
        - when_caller_says: danke
          say: Gern.
        - when_caller_says: room
          say: Here you are.
      otherwise: Pardon?
"""


async def test_by_voice_the_ears_tell_the_language(load):
    """What speech recognition says of a turn decides; the next words have that voice."""
    events: asyncio.Queue = asyncio.Queue()
    talk = Conversation(
        load(VOICE),
        None,
        CallFacts(),
        on_event=lambda e: events.put_nowait(e.to_json()),
        clock=SimulatedClock(datetime(2026, 11, 30, 9, tzinfo=UTC)),
    )
    mic = give(talk, "stt", "ears", Microphone())
    anna, emma = give(talk, "tts", "anna", Voice()), give(talk, "tts", "emma", Voice())
    speaker = HeldSpeaker()
    speaker.held = False
    await talk.start(audio_out=speaker)
    try:
        await mic.opened.wait()
        session = talk.session

        async def hears(words):
            while (await events.get()).get("text") != words:
                pass

        await hears("Guten Tag.")
        assert (session.current_agent.tts or session.tts) is anna
        mic.says("a room for two people please", "en-US")
        await hears("Here you are.")
        assert session.current_agent.tts is emma
        mic.says("danke", "de")
        await hears("Gern.")
        assert session.current_agent.tts is emma
        mic.says("nein danke", "de")
        await hears("Bitte sehr.")
        assert session.current_agent.tts is anna
    finally:
        await talk.end("test")
