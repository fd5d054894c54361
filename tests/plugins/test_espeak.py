"""The offline voice."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import APIError, tts
from livekit.agents.types import APIConnectOptions
from lkrun_espeak import Options, build, engine, plugin
from lkrun_espeak.speech import pieces

from runner.providers.validation import validate

ENGLISH = engine.Manner("en-us", 175, 50, 100)
ONCE = APIConnectOptions(max_retry=0)


def voice(**options):
    """The voice of some options, written as in YAML."""
    made, problems = validate(Options, options, "tts 'espeak'")
    assert problems == []
    return build(made)


def spoken(text, manner=ENGLISH):
    """The samples of a text."""
    heard = []
    engine.speak(text, manner, lambda piece: heard.append(piece) is None)
    return np.frombuffer(b"".join(heard), np.int16).astype(float)


def pitch(samples, rate):
    """The fundamental frequency of a sound, in hertz, by autocorrelation."""
    middle = samples[len(samples) // 3 : len(samples) // 3 + rate // 8]
    middle = middle - middle.mean()
    likeness = np.correlate(middle, middle, "full")[len(middle) - 1 :]
    low, high = rate // 400, rate // 60
    return rate / (low + int(np.argmax(likeness[low:high])))


@pytest.mark.parametrize(
    ("options", "location", "message", "hint"),
    [
        ({"voice": "en-usa"}, ("voice",), "espeak has no voice 'en-usa'", "near it: en-us,"),
        ({"voice": "klingon"}, ("voice",), "no voice 'klingon'", "write a language"),
        ({"voice": "en-us+zz"}, ("voice",), "no variant 'zz'", ""),
        ({"speed": "10"}, ("speed",), "'10' must be at least 80", ""),
        ({"pitch": "high"}, ("pitch",), "'high' is not a whole number", ""),
        ({"volum": "5"}, ("volum",), "has no option 'volum'", "'volume'?"),
    ],
)
def test_a_wrong_option_is_told_at_load(options, location, message, hint):
    """A voice that does not exist names near ones; numbers have bounds."""
    ((problem,),) = (validate(Options, options, "tts 'espeak'")[1],)
    assert problem.location == location
    assert message in problem.message
    assert hint in (problem.help or "")


def test_many_languages_and_variants_are_there():
    """The data that comes with the package holds Vietnamese, German and voices such as f3."""
    assert {"en-us", "vi", "de", "fr-fr"} <= engine.voices()
    assert "f3" in engine.variants()
    assert voice(voice="DE+f3").model == "DE+f3"
    assert plugin.options is Options


@pytest.mark.parametrize("language", ["en-gb", "en-gb+f3", "fr-fr", "pt-pt", "zh"])
def test_a_language_that_another_voice_speaks_too_is_spoken(language):
    """What espeak knows only as the voice en, such as en-gb, is spoken as it is offered."""
    assert spoken("one two three", engine.Manner(language, 175, 50, 100)).any()


async def test_speech_has_the_declared_rate_and_so_the_right_length_and_pitch():
    """Resampled from the rate of its frames, speech is as long and as high as it was made."""
    made = spoken("aaaaaaaaaaaaaaaaaaaah")
    async with voice().synthesize("aaaaaaaaaaaaaaaaaaaah") as stream:
        frame = await stream.collect()
    assert (frame.sample_rate, frame.num_channels) == (22_050, 1)
    assert frame.duration == pytest.approx(len(made) / engine.SAMPLE_RATE, abs=0.02)
    resampler = rtc.AudioResampler(frame.sample_rate, 48_000)
    loud = b"".join(bytes(part.data) for part in [*resampler.push(frame), *resampler.flush()])
    heard = np.frombuffer(loud, np.int16).astype(float)
    assert len(heard) / 48_000 == pytest.approx(frame.duration, abs=0.05)
    assert pitch(heard, 48_000) == pytest.approx(pitch(made, engine.SAMPLE_RATE), rel=0.1)


def test_speed_pitch_and_volume_change_what_is_heard():
    """Each setting does what its name says."""
    text = "aaaaaaaaaaaaaaaaaaaah, this is a longer sentence"
    normal = spoken(text)
    assert len(spoken(text, engine.Manner("en-us", 350, 50, 100))) < 0.7 * len(normal)
    assert pitch(spoken(text, engine.Manner("en-us", 175, 95, 100)), 22_050) > 1.2 * pitch(
        normal, 22_050
    )
    quiet = spoken(text, engine.Manner("en-us", 175, 50, 30))
    assert np.abs(quiet).mean() < 0.6 * np.abs(normal).mean()


async def test_speech_begins_with_the_first_sentence():
    """As LiveKit streams it, the first sentence is heard before the text has ended."""
    adapter = tts.StreamAdapter(tts=voice())
    async with adapter.stream() as stream:
        for word in [
            "This",
            "is",
            "the",
            "first",
            "sentence",
            "of",
            "it.",
            "And",
            "here",
            "the",
            "second",
            "one",
            "begins.",
            "",
        ]:
            stream.push_text(word + " ")
        first = await anext(stream)
        assert first.frame.duration > 0
        stream.end_input()
        total = first.frame.duration + sum([item.frame.duration async for item in stream])
    assert total > 3
    await adapter.aclose()


@pytest.mark.alone
async def test_an_interrupted_voice_stops_at_once():
    """Leaving a long text stops the engine, which is free for the next sentence."""
    long = "This goes on and on and on, for a very long time. " * 4000
    speech = pieces(long, ENGLISH)
    assert await anext(speech)
    await speech.aclose()
    begun = time.perf_counter()
    assert [piece async for piece in pieces("Stop.", ENGLISH)]
    assert time.perf_counter() - begun < 2.0


def test_a_piece_that_is_refused_is_the_last_one():
    """The engine asks after each piece whether to go on."""
    heard = []
    engine.speak("One two three four five. " * 50, ENGLISH, heard.append)
    assert len(heard) == 1


async def test_speech_that_was_stopped_before_its_turn_is_never_made():
    """A cancelled utterance that still waits for the engine is dropped."""
    speech = pieces("One.", ENGLISH)
    waiting = asyncio.ensure_future(anext(speech))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert [piece async for piece in pieces("Two.", ENGLISH)]


@pytest.mark.parametrize("text", ["...", "🙂", "a\0b", "\ud800", "<speak>&amp;</speak>"])
async def test_odd_texts_are_no_failure(text):
    """A text without sound is a short silence; markup and broken characters do no harm."""
    frame = await voice().synthesize(text, conn_options=ONCE).collect()
    assert frame.duration > 0


async def test_a_voice_that_went_away_is_an_error_of_the_service():
    """An engine that refuses is an APIError, as of any provider."""
    speaker = voice()
    speaker.manner = engine.Manner("no-such", 175, 50, 100)
    with pytest.raises(APIError, match="no voice 'no-such'"):
        await speaker.synthesize("Hello.", conn_options=ONCE).collect()


@pytest.mark.alone
async def test_a_warm_voice_speaks_within_milliseconds():
    """After `prewarm` the first audio is there at once."""
    speaker = voice()
    speaker.prewarm()
    assert (speaker.model, speaker.provider) == ("en-us", "espeak-ng")
    await asyncio.to_thread(engine.warm)
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        async with speaker.synthesize("Good morning.") as stream:
            await anext(stream)
            times.append(time.perf_counter() - begun)
    assert min(times) < 0.1
