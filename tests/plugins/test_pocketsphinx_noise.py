"""The offline ears on noises, coughs and sentences with a pause in them."""

from __future__ import annotations

import shutil

import espeakng_loader
import numpy as np
import pytest
from lkrun_espeak import engine
from lkrun_pocketsphinx import decoding
from lkrun_pocketsphinx.decoding import SAMPLE_RATE, Recogniser, of_phrases, with_noise
from support.live.sound import speech

PHRASES = (
    "yes",
    "no",
    "yes please",
    "no thank you",
    "I would like an appointment",
    "what are your opening hours",
    "my tooth hurts",
    "one hundred eighteen",
)


@pytest.fixture(autouse=True)
def same_voice(tmp_path, monkeypatch):
    """A voice that has said nothing yet: espeak-ng speaks a little otherwise each time."""
    library = shutil.copy(espeakng_loader.get_library_path(), tmp_path / "espeak.so")
    monkeypatch.setattr(espeakng_loader, "get_library_path", lambda: library)
    caches = (engine._library, engine._identifiers, speech)
    for each in caches:
        each.cache_clear()
    yield
    for each in caches:
        each.cache_clear()


def silence(seconds):
    return np.zeros(int(seconds * SAMPLE_RATE), np.int16)


def understood(*parts):
    """What is understood of some samples in a stream, utterance by utterance."""
    recogniser = Recogniser(of_phrases(PHRASES))
    samples = np.concatenate([silence(0.5), *parts, silence(0.8)]).tobytes()
    phrases = [*recogniser.feed(samples), *recogniser.end()]
    return [each.text for each in phrases if each.what == "over" and each.text]


def noise(number):
    """White or pink noise of some length and loudness."""
    chance = np.random.default_rng(number)
    made = chance.standard_normal(int(chance.uniform(0.3, 1.2) * SAMPLE_RATE))
    if number % 2:
        spectrum = np.fft.rfft(made)
        spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
        made = np.fft.irfft(spectrum, len(made))
    return (made / np.abs(made).max() * chance.uniform(0.05, 0.4) * 32767).astype(np.int16)


def test_noise_is_taken_for_nothing():
    """Of six noises none is a word: without noise in the grammar most were "no"."""
    assert [words for number in range(6) for words in understood(noise(number))] == []


@pytest.mark.parametrize("phrase", PHRASES[1::2])
def test_words_are_still_words(phrase):
    """What is said is understood as before, noise before it or not."""
    said = speech(phrase, SAMPLE_RATE)
    assert understood(said) == [phrase.lower()]
    assert understood(noise(1), silence(2.0), said)[-1] == phrase.lower()


@pytest.mark.parametrize(
    ("first", "second"),
    [("what are", "your opening hours"), ("one hundred", "eighteen"), ("my tooth", "hurts")],
)
def test_a_sentence_with_a_pause_is_whole(first, second):
    """The half behind a pause that ends an utterance is not lost, and nothing is said twice."""
    halves = [np.trim_zeros(speech(half, SAMPLE_RATE)) for half in (first, second)]
    assert " ".join(understood(halves[0], silence(0.45), halves[1])) == f"{first} {second}"


def test_two_answers_are_two_answers():
    """Utterances that are no sentence together stay what each is by itself."""
    said = [speech(word, SAMPLE_RATE) for word in ("yes", "my tooth hurts")]
    assert understood(said[0], silence(0.8), said[1]) == ["yes", "my tooth hurts"]


@pytest.mark.parametrize(
    ("before", "alone", "together", "rest"),
    [
        ("yes", "monday", "yes please", "please"),
        ("", "no", "what are your opening hours", "what are your opening hours"),
        ("no", "hours", "my tooth hurts", "my tooth hurts"),
        ("yes", "goodbye", "yes", "goodbye"),
        ("yes", "goodbye", "", "goodbye"),
        ("", "yes", "yes", "yes"),
        ("no", "no", "no", "no"),
    ],
)
def test_what_an_utterance_adds(before, alone, together, rest):
    """The rest of a sentence, or what it is by itself."""
    assert decoding._rest(before, alone, together) == rest


def test_noise_is_part_of_every_grammar():
    """A grammar's own public rule stays reachable, whatever it is called; remarks do no harm."""
    made = with_noise("#JSGF V1.0;\ngrammar x;\n// public <no>\npublic <a b> = yes;\n<c> = no;")
    assert made.count("public") == 1
    assert "public <said_or_noise> = /1/ <a b> | /0.001/ (noise_of_a_mouth" in made
    assert with_noise("nothing") == "nothing"
