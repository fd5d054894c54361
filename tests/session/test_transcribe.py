"""`mode: transcribe`: what is said is written down, and nobody answers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from support.given import give
from support.speech import HeldSpeaker, Microphone

from runner.session import Caller, CallFacts
from runner.session.clock import SimulatedClock
from runner.session.conversation import Conversation
from runner.session.settings.room import room_options

FOLDER = """
agents:
  scribe:
    mode: transcribe
    stt: ears
    vad: no
    limits:
      max_duration: 10m
    variables:
      topic:
        type: text
        default: none
    after_call:
      send:
        - csv: talks.csv
          columns:
            words: "{{ call.transcript }}"
providers:
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
"""


class Scribe:
    """A call that is written down, with what it tells in a queue."""

    def __init__(self, release):
        self.queue = asyncio.Queue()
        self.clock = SimulatedClock(datetime(2026, 11, 30, 9, tzinfo=UTC))
        self.talk = Conversation(
            release,
            None,
            CallFacts(Caller(identity="maria")),
            on_event=lambda e: self.queue.put_nowait(e.to_json()),
            clock=self.clock,
        )
        self.mic = give(self.talk, "stt", "ears", Microphone())
        self.speaker = HeldSpeaker()

    async def begin(self):
        await self.talk.start(audio_out=self.speaker)
        await self.mic.opened.wait()
        return self

    async def tells(self, kind="message"):
        while True:
            event = await asyncio.wait_for(self.queue.get(), 10)
            if event["type"] == kind:
                return event


@pytest.fixture
async def scribe(load):
    """Begin such a call; it is ended afterwards."""
    begun = []

    async def begin(text=FOLDER):
        begun.append(await Scribe(load(text)).begin())
        return begun[-1]

    yield begin
    for each in begun:
        await each.talk.end("test")


async def test_what_is_said_is_told_as_it_comes(scribe):
    """Each piece that recognition is sure of is a message of the caller, and nothing answers it."""
    call = await scribe()
    call.mic.final("good morning")
    first = await call.tells()
    call.mic.final("the meeting is on Friday")
    second = await call.tells()
    assert [(e["role"], e["text"]) for e in (first, second)] == [
        ("user", "good morning"),
        ("user", "the meeting is on Friday"),
    ]
    assert first["persona"] == "transcriber"
    assert second["turn"] == first["turn"] + 1
    await call.talk.end("caller_left")
    left = [call.queue.get_nowait() for _ in range(call.queue.qsize())]
    assert [e["type"] for e in left] == ["end"]
    assert call.talk.report().transcript == (
        ("user", "good morning"),
        ("user", "the meeting is on Friday"),
    )


async def test_what_is_written_is_noted_too(scribe):
    """A text in the room is a message like words that are spoken."""
    call = await scribe()
    await call.talk.write("Agenda: one, two")
    assert (await call.tells())["text"] == "Agenda: one, two"


async def test_nothing_is_ever_spoken(scribe):
    """Neither the end by time nor words of an action sound."""
    call = await scribe()
    assert not await call.talk._call.speak("hello")
    assert not await call.talk._call.instruct("say hello")
    call.clock.advance(601)
    assert (await call.tells("end"))["reason"] == "max_duration"
    assert not call.speaker.playing.is_set()


async def test_no_model_and_no_voice_is_built(scribe):
    """What reads the call afterwards, or is written for nothing, is not asked meanwhile."""
    call = await scribe(FOLDER.replace("    vad: no\n", "    vad: no\n    llm: brain\n") + BRAIN)
    assert call.talk.session.llm is None
    assert call.talk.session.tts is None


BRAIN = """\
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: Good day.
      otherwise: Pardon?
"""


async def test_a_reload_counts_from_the_next_words(scribe, load):
    """Another release is taken in between, and the words go on being told."""
    call = await scribe()
    await call.talk.renew(load(FOLDER.replace("default: none", "default: plans")))
    call.mic.final("and another thing")
    assert (await call.tells())["text"] == "and another thing"


async def test_the_room_gets_no_track(load):
    """LiveKit is asked for the caller's sound and for text, and for no sound to send."""
    options = room_options(load(FOLDER).agent)
    assert options.audio_input
    assert options.audio_output is False


async def test_by_text_it_notes_as_well(load):
    """In chat, on the page and in tests what is typed is what was said."""
    talk = Conversation(load(FOLDER), None, CallFacts(), channel="text")
    assert await talk.start() == []
    events = [e.to_json() for e in await talk.turn("hello there")]
    assert [(e["role"], e["text"]) for e in events] == [("user", "hello there")]
    await talk.end("test")
