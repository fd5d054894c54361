"""Ears and a voice that fail: once, again and again, or for good."""

from __future__ import annotations

import asyncio
import logging

import pytest
from livekit.agents import APIConnectionError, APIError, ErrorEvent, stt
from support.speech import Ears, Speaker, Voice, until
from support.voice_folder import PLAIN, ended, said

from runner.secret import Secret
from runner.session import CallFacts
from runner.session.conversation import Conversation
from runner.session.observers.failures import LONGEST
from runner.texts import shipped

LATER = shipped("call_later")


def refused():
    """The service refuses: LiveKit does not try that again by itself."""
    return APIError("the key hush-hush is refused", retryable=False)


@pytest.fixture
async def call(load):
    """Begin a call with ears and a voice that are given."""
    talks = []

    async def start(ears=None, voice=None, folder=PLAIN):
        events = asyncio.Queue()
        talk = Conversation(
            load(folder), None, CallFacts(), on_event=lambda e: events.put_nowait(e.to_json())
        )
        made = talk._call.bound.models
        made._single["stt", "ears"] = ears = ears or Ears()
        if voice is not None:
            made._single["tts", "bright"] = made._single["tts", "warm"] = voice
        made._secrets.seen["KEY"] = Secret("hush-hush")
        talks.append(talk)
        await talk.start(audio_out=Speaker())
        talk.session.on("user_input_transcribed", lambda _: ears.understood.set())
        talk.queue = events
        return talk

    yield start
    for talk in talks:
        await talk.end()


async def test_ears_that_stay_down_are_said(call, caplog):
    """Before LiveKit closes the call it is told that something is wrong, and ends in order."""
    ears = Ears(*(refused() for _ in range(9)))
    talk = await call(ears, Voice())
    events = await until(talk, ended)
    assert [e["text"] for e in events if e["type"] == "message"] == ["Good day.", LATER]
    assert events[-1]["reason"] == "error"
    errors = [r.getMessage() for r in caplog.records if r.name == "lkrun"]
    known = "the speech recognition 'ears' failed"
    assert errors == [
        *[f"{known}: the key ••• is refused"] * 2,
        f"{known}, again and again: the call ends: the key ••• is refused",
    ]
    assert len(ears.turns) == 6


async def test_ears_that_recover_say_nothing(call, caplog):
    """An error that LiveKit mends by itself is neither said nor logged as a failure."""
    ears = Ears(APIError("a hiccup"), "hello")
    talk = await call(ears, Voice())
    await ears.silent.wait()
    await until(talk, said("Good day."))
    talk.session.generate_reply(user_input="hello")
    await until(talk, said("Pardon?"))
    assert not [r for r in caplog.records if r.name == "lkrun" and r.levelno >= logging.ERROR]
    assert not talk.ended.done()


async def test_words_that_are_understood_begin_the_count_anew(call, caplog):
    """Two failures, words, two failures: the call goes on."""
    ears = Ears(refused(), refused(), "hello", refused(), refused())
    talk = await call(ears, Voice())
    await ears.silent.wait()
    talk.session.generate_reply(user_input="hello")
    await until(talk, said("Pardon?"))
    assert len([r for r in caplog.records if r.name == "lkrun"]) == 4
    assert not talk.ended.done()


async def test_a_voice_that_stays_down_is_written(call, caplog):
    """A voice that stays down is logged, the last words are written, the call ends in order."""
    talk = await call(None, Voice(*(refused() for _ in range(9))))
    for _ in range(2):
        await talk.session.generate_reply(user_input="hello")
    events = await until(talk, ended)
    assert events[-1]["reason"] == "error"
    assert [e["text"] for e in events if e.get("role") == "agent"] == [LATER]
    assert "the voice 'bright' failed, again and again: the call ends" in caplog.text


async def test_a_voice_that_is_heard_begins_the_count_anew(call):
    """A voice that works between its failures ends no call."""
    voice = Voice(refused(), refused(), None, refused(), refused())
    talk = await call(None, voice)
    for _ in range(4):
        await talk.session.generate_reply(user_input="hello")
    assert voice.turns == []
    assert not talk.ended.done()


def hangs(talk, pause, *causes, source=None):
    """Whether the call is over after attempts that LiveKit tries again, so many seconds apart."""
    for place, cause in enumerate(causes):
        error = stt.STTError(
            timestamp=1000 + place * pause, label="ears", error=cause, recoverable=True
        )
        talk._parts.failures.heard(ErrorEvent(error=error, source=source or talk.session.stt))
    return talk._call.over


LOST, SHUT = APIConnectionError("no answer"), APIError("closed")


@pytest.mark.parametrize(
    ("pause", "causes", "over"),
    [
        (10.1, [LOST, LOST, LOST], True),
        (10.1, [LOST, LOST], False),
        (10.1, [LOST, SHUT, LOST], False),
        (LONGEST, [LOST, LOST, LOST], False),
    ],
    ids=["in a row", "too few", "connected between", "far apart"],
)
async def test_attempts_without_an_answer(call, pause, causes, over):
    """LiveKit would try without end to connect; half a minute of that is enough."""
    talk = await call(None, Voice())
    assert hangs(talk, pause, *causes) is over


async def test_several_services_without_an_answer(call):
    """One attempt at several services takes longer, and still is one of a row."""
    talk = await call(None, Voice())
    assert hangs(talk, 40.2, LOST, LOST, source=stt.FallbackAdapter([Ears(), Ears()]))
