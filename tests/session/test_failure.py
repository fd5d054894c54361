"""Ears and a voice that fail: once, again and again, or for good."""

from __future__ import annotations

import asyncio
import logging

import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, APIError, ErrorEvent, stt, tts
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities
from session.test_voice import FOLDER, ended, said

from runner.session import CallFacts
from runner.session.conversation import Conversation
from runner.session.observers.failures import LATER, LONGEST

VOICE = FOLDER.replace("EXTRA\n", "").replace("      TURNS\n", "")


class Ears(stt.STT):
    """Ears whose service fails, or hears words, as is given; then it hears nothing."""

    def __init__(self, *turns):
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=False))
        self.turns = list(turns)
        self.silent = asyncio.Event()
        self.understood = asyncio.Event()

    async def _recognize_impl(self, *_, **__):
        raise NotImplementedError

    def stream(self, *, conn_options, **_):
        return Listening(stt=self, conn_options=conn_options)


class Listening(stt.RecognizeStream):
    async def _run(self):
        while self._stt.turns:
            turn = self._stt.turns.pop(0)
            if isinstance(turn, Exception):
                raise turn
            heard = [stt.SpeechData(language="en", text=turn)]
            self._event_ch.send_nowait(
                stt.SpeechEvent(stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=heard)
            )
            await self._stt.understood.wait()
        self._stt.silent.set()
        await asyncio.Event().wait()


class Voice(tts.TTS):
    """A voice whose service fails, or speaks a moment of silence where nothing is given."""

    def __init__(self, *turns):
        capabilities = tts.TTSCapabilities(streaming=False)
        super().__init__(capabilities=capabilities, sample_rate=16000, num_channels=1)
        self.turns = list(turns)

    def synthesize(self, text, *, conn_options):
        return Speaking(tts=self, input_text=text, conn_options=conn_options)


class Speaking(tts.ChunkedStream):
    async def _run(self, output_emitter):
        turn = self._tts.turns.pop(0) if self._tts.turns else None
        if turn is not None:
            raise turn
        output_emitter.initialize(
            request_id="r", sample_rate=16000, num_channels=1, mime_type="audio/pcm"
        )
        output_emitter.push(bytes(3200))


class Speaker(AudioOutput):
    """A loudspeaker that plays in no time."""

    def __init__(self):
        able = AudioOutputCapabilities(pause=False)
        super().__init__(label="speaker", capabilities=able, sample_rate=16000)
        self.played = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame):
        await super().capture_frame(frame)
        if not self.played:
            self.on_playback_started(created_at=0.0)
        self.played += frame.duration

    def flush(self):
        super().flush()
        if self.played:
            self.on_playback_finished(playback_position=self.played, interrupted=False)
        self.played = 0.0

    def clear_buffer(self):
        pass


def refused():
    """The service refuses: LiveKit does not try that again by itself."""
    return APIError("the key hush-hush is refused", retryable=False)


@pytest.fixture
async def call(load):
    """Begin a call with ears and a voice that are given."""
    talks = []

    async def start(ears=None, voice=None, folder=VOICE):
        events = asyncio.Queue()
        talk = Conversation(load(folder), None, CallFacts(), on_event=events.put_nowait)
        made = talk._call.bound.models
        made._single["stt", "ears"] = ears = ears or Ears()
        if voice is not None:
            made._single["tts", "bright"] = made._single["tts", "warm"] = voice
        made._secrets.seen["KEY"] = "hush-hush"
        talks.append(talk)
        await talk.start(audio_out=Speaker())
        talk.session.on("user_input_transcribed", lambda _: ears.understood.set())
        talk.queue = events
        return talk

    yield start
    for talk in talks:
        await talk.end()


async def until(talk, wanted):
    """The events up to the one that is wanted."""
    seen = [await talk.queue.get()]
    while not wanted(seen[-1]):
        seen.append(await talk.queue.get())
    return seen


async def test_ears_that_stay_down_are_said(call, caplog):
    """Before LiveKit closes the call it is told that something is wrong, and ends in order."""
    ears = Ears(*(refused() for _ in range(9)))
    talk = await call(ears, Voice())
    events = await until(talk, ended)
    assert [e["text"] for e in events if e["type"] == "message"] == ["Good day.", LATER]
    assert events[-1]["reason"] == "error"
    errors = [r.getMessage() for r in caplog.records if r.name == "lkrun"]
    known = "the speech recognition failed"
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
    assert "the voice failed, again and again: the call ends" in caplog.text


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
        talk._failures.heard(ErrorEvent(error=error, source=source or talk.session.stt))
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
