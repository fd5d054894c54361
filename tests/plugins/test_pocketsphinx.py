"""The offline ears, on speech of the offline voice."""

from __future__ import annotations

import pytest
from livekit import rtc
from livekit.agents import stt
from lkrun_espeak import Options as Voice
from lkrun_espeak import build as build_voice
from lkrun_pocketsphinx import Options, build, decoding, dictionary, plugin
from lkrun_pocketsphinx.options import grammar_words, whole_grammar
from lkrun_pocketsphinx.recognition import samples_of

from runner.providers.validation import validate

PHRASES = [
    "I would like an appointment",
    "yes please",
    "no thank you",
    "what are your opening hours",
    "I have a question about my bill",
    "my tooth hurts",
    "Can I speak to a person?",
    "goodbye",
]
GRAMMAR = "public <said> = book [it] for (monday | tuesday | friday) {day};"
KINDS = stt.SpeechEventType


def ears(**options):
    """The recogniser of some options, written as in YAML."""
    made, problems = validate(Options, options, "stt 'pocketsphinx'")
    assert problems == []
    return build(made)


async def speech(text, rate=22_050, channels=1):
    """A text spoken by espeak, at some rate."""
    frame = await build_voice(Voice(speed=160)).synthesize(text).collect()
    resampler = rtc.AudioResampler(frame.sample_rate, rate)
    mono = b"".join(bytes(part.data) for part in [*resampler.push(frame), *resampler.flush()])
    pairs = [mono[at : at + 2] * channels for at in range(0, len(mono), 2)]
    return rtc.AudioFrame(b"".join(pairs), rate, channels, len(pairs))


def silence(seconds, rate, channels=1):
    """Nothing, for a while."""
    count = int(seconds * rate)
    return rtc.AudioFrame(bytes(count * 2 * channels), rate, channels, count)


async def heard(recogniser, *frames, flush=False):
    """The events of a stream."""
    async with recogniser.stream() as stream:
        for frame in frames:
            stream.push_frame(frame)
        if flush:
            stream.flush()
        stream.end_input()
        return [(event.type, event.alternatives[0].text if event.alternatives else "")
                async for event in stream]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "location", "message", "hint"),
    [
        ({"phrases": ["yes", "appointmant"]}, ("phrases", 1), "word 'appointmant'", "appointment"),
        ({"phrases": "zzyzx"}, ("phrases",), "does not know the word 'zzyzx'", "another word"),
        ({"phrases": ["room 5"]}, ("phrases", 0), "the word '5'", "numbers as words"),
        ({"phrases": ["?!"]}, ("phrases", 0), "a phrase without words", ""),
        ({"phrases": []}, ("phrases",), "at least 1", ""),
        ({"phrases": ["yes"], "grammar": GRAMMAR}, (), "do not go together", "keep one"),
        ({"grammar": "public <said> = (yes;"}, ("grammar",), "cannot be read as JSGF", "write"),
        ({"grammar": "public <said> = zzyzx;"}, ("grammar",), "word 'zzyzx'", ""),
        ({"grammar": "<said> = yes;"}, ("grammar",), "has no public rule", "public <said>"),
        ({"grammar": "public <a> = yes <b>;"}, ("grammar",), "uses <b> and does not", "write"),
        ({"pause": "5s"}, ("pause",), "must be at most 3", ""),
        ({"phrase": "yes"}, ("phrase",), "no option 'phrase'", "'phrases'?"),
    ],
)
def test_a_wrong_option_is_told_at_load(options, location, message, hint):
    """A word that the dictionary lacks is named, with near ones; so is a grammar that is none."""
    ((problem,),) = (validate(Options, options, "stt 'pocketsphinx'")[1],)
    assert problem.location == location
    assert message in problem.message
    assert hint in (problem.help or "")


def test_words_are_looked_up_as_the_dictionary_writes_them():
    """Case, punctuation and curly apostrophes do not matter; all pronunciations are found."""
    assert dictionary.words_of("I’d like_it, Please!") == ["i'd", "like", "it", "please"]
    assert dictionary.knows("i'd")
    assert next(dictionary.entries(["the", "yes"])).startswith("the ")
    assert len(list(dictionary.entries(["the"]))) > 1


def test_a_grammar_may_leave_out_its_beginning():
    """The two first lines of JSGF are added where they are missing."""
    assert whole_grammar("public <a> = yes;").startswith("#JSGF V1.0;\ngrammar said;\npublic")
    assert whole_grammar("grammar x;\npublic <a> = yes;").startswith("#JSGF V1.0;\ngrammar x;")
    whole = "#JSGF V1.0;\ngrammar x;\n// a remark\npublic <a> = /2.0/ yes [please] {tag} | <b>;"
    assert whole_grammar(whole) == whole
    assert grammar_words(whole) == {"yes", "please"}
    assert plugin.options is Options


@pytest.mark.parametrize(("rate", "channels"), [(24_000, 1), (16_000, 1), (48_000, 2)])
async def test_phrases_are_recognised_from_a_stream_of_any_rate(rate, channels):
    """Start, interim results, one final result and the end come for each utterance."""
    recogniser = ears(phrases=PHRASES)
    for phrase in PHRASES[:3]:
        pause = silence(0.8, rate, channels)
        events = await heard(recogniser, pause, await speech(phrase, rate, channels), pause)
        kinds = [kind for kind, _ in events]
        assert kinds[0] == KINDS.START_OF_SPEECH
        assert kinds[1] == KINDS.INTERIM_TRANSCRIPT
        assert kinds[-3:] == [
            KINDS.FINAL_TRANSCRIPT, KINDS.END_OF_SPEECH, KINDS.RECOGNITION_USAGE,
        ]  # fmt: skip
        assert dict(events)[KINDS.FINAL_TRANSCRIPT] == phrase.lower()


async def test_every_phrase_of_a_desk_is_understood():
    """All phrases of a demonstration are heard rightly, one after another in one stream."""
    pause = silence(0.8, 24_000)
    frames = [pause]
    for phrase in PHRASES:
        frames += [await speech(phrase, 24_000), pause]
    events = await heard(ears(phrases=PHRASES), *frames)
    finals = [text for kind, text in events if kind == KINDS.FINAL_TRANSCRIPT]
    assert finals == [" ".join(dictionary.words_of(phrase)) for phrase in PHRASES]


async def test_a_grammar_is_understood_and_a_flush_ends_the_utterance():
    """Parts that vary are told apart; without silence a flush asks for the result."""
    recogniser = ears(grammar=GRAMMAR)
    frames = silence(0.5, 16_000), await speech("book it for friday", 16_000)
    events = await heard(recogniser, *frames, flush=True)
    assert (KINDS.FINAL_TRANSCRIPT, "book it for friday") in events


@pytest.mark.parametrize("rest", [0, 1, 479])
async def test_a_flush_at_any_sample_gives_the_result(rest):
    """Also where the last frame of 30 ms was just full, and nothing is left over."""
    said = bytes((await speech("goodbye", 16_000)).data)
    whole = bytes(16_000) + said
    recogniser = decoding.Recogniser(decoding.of_phrases(PHRASES))
    *_, last = recogniser.feed(whole[: len(whole) // 960 * 960 - 960 + rest * 2])
    assert last.what != "over"
    assert [(each.what, each.text) for each in recogniser.end()] == [("over", "goodbye")]


async def test_speech_after_a_flush_is_a_new_utterance():
    """LiveKit may ask for a result in a pause: what follows is heard as well."""
    async with ears(phrases=PHRASES).stream() as stream:
        for phrase in ("yes please", "goodbye", "no thank you"):
            stream.push_frame(silence(0.4, 24_000))
            stream.push_frame(await speech(phrase, 24_000))
            stream.flush()
        stream.end_input()
        finals = [
            event.alternatives[0].text
            async for event in stream
            if event.type == KINDS.FINAL_TRANSCRIPT
        ]
    assert finals == ["yes please", "goodbye", "no thank you"]


async def test_a_whole_recording_can_be_recognised():
    """`recognize` takes frames of any rate and gives one result."""
    recogniser = ears(phrases=PHRASES)
    event = await recogniser.recognize([await speech(PHRASES[0], 48_000, 2)])
    assert event.alternatives[0].text == PHRASES[0].lower()
    assert (recogniser.model, recogniser.provider) == ("en-us", "pocketsphinx")


async def test_without_phrases_any_words_are_tried():
    """Free speech uses the language model; something English is heard."""
    recogniser = ears()
    event = await recogniser.recognize(await speech("good morning"))
    assert event.alternatives[0].text
    assert event.alternatives[0].language == "en"


async def test_silence_says_nothing():
    """No event without speech."""
    assert await heard(ears(phrases=["yes"]), silence(2, 24_000)) == []


async def test_a_very_long_utterance_is_understood_once(monkeypatch):
    """Beyond some length the second look at an utterance is left out; its first result stands."""
    monkeypatch.setattr(decoding, "_LONGEST", 0)
    pause = silence(0.8, 16_000)
    events = await heard(
        ears(phrases=["yes please", "no"]), pause, await speech("yes please", 16_000), pause
    )
    assert events[-2][0] == KINDS.END_OF_SPEECH


async def test_samples_keep_their_length():
    """One second in, one second at the recogniser's rate out."""
    assert len(samples_of([silence(1, 48_000, 2)])) == pytest.approx(32_000, abs=800)
