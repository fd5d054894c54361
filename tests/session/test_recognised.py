"""Transcripts carry what speech recognition gives: how sure it is, when, and who spoke."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, stt
from support.speech import Speaker
from support.voice_folder import PLAIN

from runner.front.models.events import MessageEvent
from runner.session import CallFacts
from runner.session.conversation import Conversation
from runner.session.models.recognised import Recognised, Recognition


def speech(text, **known):
    """What a service says of some words."""
    return stt.SpeechEvent(
        stt.SpeechEventType.FINAL_TRANSCRIPT,
        alternatives=[stt.SpeechData(language="en", text=text, **known)],
    )


class Ears(stt.STT):
    """Ears that hear what they are given."""

    def __init__(self, *, streaming=True):
        able = stt.STTCapabilities(streaming=streaming, interim_results=False)
        super().__init__(capabilities=able)
        self.events = asyncio.Queue()

    async def _recognize_impl(self, *_, **__):
        return self.events.get_nowait()

    def stream(self, *, conn_options, **_):
        return Stream(stt=self, conn_options=conn_options)


class Stream(stt.RecognizeStream):
    async def _run(self):
        while True:
            self._event_ch.send_nowait(await self._stt.events.get())


async def heard(*events):
    """What is noted of a stream with these events."""
    recognised, ears = Recognised(), Ears()
    assert recognised.note(recognised.note(ears)) is ears
    stream = ears.stream(conn_options=DEFAULT_API_CONNECT_OPTIONS)
    for event in events:
        ears.events.put_nowait(event)
        await anext(stream)
    await stream.aclose()
    return recognised


async def test_pieces_of_a_turn_belong_together():
    """A turn of two pieces begins with the first, ends with the last; it is as sure as both."""
    recognised = await heard(
        speech("I need", confidence=0.8, start_time=1.0, end_time=1.5, speaker_id="A"),
        speech("an appointment.", confidence=0.9, start_time=1.6, end_time=2.25, speaker_id="A"),
        speech("Monday", confidence=0.5, start_time=4, end_time=5, speaker_id="B"),
    )
    assert recognised.of("I need an appointment.") == Recognition(0.85, 1.0, 2.25, "A")
    assert recognised.of("Monday") == Recognition(0.5, 4, 5, "B")
    assert recognised.of("Monday") == Recognition()


async def test_two_speakers_are_nobody_in_particular():
    """Where two people share a turn, none of them is named."""
    recognised = await heard(speech("Hello", speaker_id="A"), speech("you", speaker_id="B"))
    assert recognised.of("Hello you") == Recognition()


async def test_written_words_have_no_sound():
    """What is written between what is said has none of it, and takes none of it away."""
    recognised = await heard(speech("Hello", confidence=0.7))
    assert recognised.of("written") == Recognition()
    assert recognised.of("Hello") == Recognition(confidence=0.7)


async def test_sounds_that_are_recognised_at_once():
    """Ears that do not stream tell as much."""
    recognised, ears = Recognised(), Ears(streaming=False)
    recognised.note(ears)
    ears.events.put_nowait(speech("Hello", start_time=0, end_time=1.5))
    await ears.recognize([])
    assert recognised.of("Hello") == Recognition(start=0, end=1.5)


@pytest.mark.parametrize("words", ["hello", "I said nothing of the kind"])
async def test_the_event_of_a_call(load, words):
    """The caller's message carries it; a typed client reads it; without it there is no such key."""
    events = asyncio.Queue()
    talk = Conversation(
        load(PLAIN),
        None,
        CallFacts(),
        channel="voice",
        on_event=lambda event: events.put_nowait(event.to_json()),
    )
    recognised = talk._call.bound.models.recognised
    await talk.start(audio_out=Speaker())
    recognised._heard(speech("hello", confidence=0.91, start_time=1, end_time=2, speaker_id="S1"))
    talk.session.generate_reply(user_input=words)
    while (event := await events.get()).get("role") != "user":
        pass
    known = {"confidence": 0.91, "start": 1, "end": 2, "speaker": "S1"} if words == "hello" else {}
    assert {k: event.get(k) for k in ("confidence", "start", "end", "speaker") if k in event} == (
        known
    )
    assert MessageEvent.model_validate(event).confidence == known.get("confidence")
    await talk.end("test")
