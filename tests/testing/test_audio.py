"""Tests in which both speak: one run of a folder, in real time, and what is told of it."""

from __future__ import annotations

import json
import wave

import numpy as np
import pytest
from click.testing import CliRunner

from runner.cli.main import lkrun

AGENTS = """
agents:
  taxi:
    start: office
    llm: brain
    stt: ears
    tts: voice
    turn_taking:
      detection: vad
  stubborn:
    start: office
    llm: brain
    stt: ears
    tts: voice
    turn_taking:
      detection: vad
      interruptions: no
personas:
  office:
    instructions: You send taxis.
    greeting:
      say: Taxi office, good day.
    tools:
      - find_taxi
      - end_call
tools:
  find_taxi:
    description: Find a taxi.
    http:
      url: https://taxi.example/free
    result:
      text: Number {{ result.number }}.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_tool_answered: find_taxi
          say: Taxi number seven is on its way to you, and takes cards and cash.
        - when_caller_says: taxi
          call: find_taxi
        - when_caller_says: no thank you
          say: I send nobody.
        - when_caller_says: goodbye
          say: Goodbye.
          call: end_call
      otherwise: Pardon?
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - i need a taxi please
        - no thank you
        - goodbye
  voice:
    tts: espeak
  caller:
    tts: espeak
    with:
      voice: en-us
      speed: 150
"""

TESTS = """
tests:
  cuts_in:
    agent: taxi
    mode: audio
    caller:
      kind: sip
      tts: caller
      noise:
        file: street.wav
        volume: 0.5
    mocks:
      find_taxi:
        returns:
          number: 7
    steps:
      - user: I need a taxi please
      - agent:
          calls: find_taxi
          hears: taxi
          says: Taxi number
          never_says: cash
      - user: No thank you
        interrupts: 1s
      - agent:
          interrupted: yes
          stops_within: 10s
          says: I send nobody
      - user: Goodbye
      - agent:
          interrupted: no
          ends_call: yes
  all_is_otherwise:
    agent: taxi
    mode: audio
    steps:
      - user: No thank you
      - agent:
          hears: taxi
          says: Good evening
          first_word_within: 1ms
          within: 1ms
          silence_max: 1ms
          interrupted: yes
          stops_within: 1s
  speaks_on:
    agent: stubborn
    mode: audio
    mocks:
      find_taxi:
        returns:
          number: 7
    steps:
      - user: I need a taxi please
      - user: No thank you
        interrupts: 500ms
      - agent:
          interrupted: no
  nothing_to_interrupt:
    agent: taxi
    mode: audio
    steps:
      - user: No thank you
      - user: Goodbye
        interrupts: 30s
  recorded:
    agent: taxi
    mode: audio
    steps:
      - user: Goodbye
        recording: goodbye.wav
      - agent:
          hears: goodbye
          ends_call: yes
  a_file_that_is_no_sound:
    agent: taxi
    mode: audio
    steps:
      - user: Goodbye
        recording: words.wav
"""


def sound(path, samples, rate):
    """Write a WAV file of one channel."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype(np.int16).tobytes())


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What a run of all tests said, by name; and the folder of sounds."""
    from lkrun_espeak.engine import SAMPLE_RATE, Manner, speak  # noqa: PLC0415 - it loads a library

    root = tmp_path_factory.mktemp("audio")
    folder, talks = root / "agents.d", root / "talks"
    folder.mkdir()
    (folder / "agents.yaml").write_text(AGENTS, encoding="utf-8")
    (folder / "tests.yaml").write_text(TESTS, encoding="utf-8")
    (folder / "words.wav").write_text("no sound", encoding="utf-8")
    sound(folder / "street.wav", np.random.default_rng(7).normal(size=8000) * 300, 8000)
    pieces = []
    speak("goodbye", Manner("en-us", 150, 50, 100), lambda piece: pieces.append(piece) or True)
    sound(folder / "goodbye.wav", np.frombuffer(b"".join(pieces), np.int16), SAMPLE_RATE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LKRUN_CACHE_DIR", str(root / "cache"))
        words = ["test", str(folder), "--format", "json", "--audio", str(talks)]
        done = CliRunner().invoke(lkrun, words, standalone_mode=False)
    assert done.exception is None, done.exception
    return {test["name"]: test for test in json.loads(done.stdout)["tests"]}, talks


def failed(ran, name):
    """Check → message, of what failed in a test."""
    return {each["check"]: each["message"] for each in ran[0][name]["failures"]}


def test_a_caller_speaks_over_the_agent_in_noise_and_is_heard(ran):
    """Words are understood, what the agent says is cut short, and the new words are answered."""
    assert failed(ran, "cuts_in") == {}


def test_what_was_heard_is_told_where_it_is_otherwise(ran):
    """Each check of what is heard says what was heard instead, with its times."""
    failures = failed(ran, "all_is_otherwise")
    assert failures["hears"] == "'taxi' was not understood; the agent understood 'no thank you'"
    assert failures["says"] == "'Good evening' was not said; the agent said 'I send nobody.'"
    assert failures["interrupted"] == "the agent's words were not cut short"
    assert failures["stops_within"] == "the agent did not stop speaking for the caller"
    assert failures["first_word_within"].startswith("the first word came after ")
    assert failures["within"].startswith("the turn took ")
    assert failures["silence_max"].startswith("nothing was said for ")


def test_an_agent_that_is_not_to_be_interrupted_speaks_on(ran):
    """`interruptions: no` is proved by a caller who speaks over it."""
    assert failed(ran, "speaks_on") == {}


def test_a_caller_cannot_interrupt_who_has_finished(ran):
    """A test in which nobody is interrupted does not pass for one; the line is the key's."""
    failures = failed(ran, "nothing_to_interrupt")
    assert "so that nobody could interrupt it after 30 s" in failures["interrupts"]
    (failure,) = ran[0]["nothing_to_interrupt"]["failures"]
    assert TESTS.splitlines()[failure["line"] - 1] == "        interrupts: 30s"


def test_a_recording_is_played_in_place_of_the_callers_voice(ran):
    """A file in which somebody speaks is understood as they are."""
    assert failed(ran, "recorded") == {}


def test_a_file_without_sound_is_told(ran):
    """What cannot be played is a failure that names the file, and no crash."""
    (failures,) = failed(ran, "a_file_that_is_no_sound").values()
    assert failures.startswith("'words.wav' is not a WAV file")


def test_each_talk_is_kept_with_the_caller_on_the_left(ran):
    """The file of a talk has two channels in step: greeting, words, answer, none over another."""
    kept = {path.stem for path in ran[1].glob("*.wav")}
    assert kept == set(ran[0])
    with wave.open(str(ran[1] / "recorded.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (2, 2)
        both = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)
    caller, agent = (np.flatnonzero(np.abs(both[:, side].astype(int)) > 2000) for side in (0, 1))
    greeted, answered = agent[agent < caller[0]], agent[agent > caller[-1]]
    assert len(greeted)
    assert len(answered)
    assert len(greeted) + len(answered) == len(agent)
