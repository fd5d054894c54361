"""Wrong options of LiveKit's plugins, against what was recorded of their classes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.cache import Cache
from runner.compiler import Compiler
from runner.providers.checks import _NAMESPACE, OptionChecker
from runner.providers.near import near_misses
from runner.providers.record import model_of, words_of
from runner.providers.validation import validate

AGENT = """agents:
  desk:
    description: A desk
    start: host
personas:
  host:
    instructions: You answer the phone.
"""
RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text(encoding="utf-8"))


WRONG = [
    ("llm anthropic", "max_token", "max_tokens"),
    ("llm google", "top-p", "top_p"),
    ("llm groq", "temprature", "temperature"),
    ("llm mistralai", "max_completion_token", "max_completion_tokens"),
    ("stt assemblyai", "format_turn", "format_turns"),
    ("stt azure", "speach_region", "speech_region"),
    ("stt deepgram", "smart_fromat", "smart_format"),
    ("tts cartesia", "lanugage", "language"),
    ("tts elevenlabs", "voiceid", "voice_id"),
    ("tts rime", "speeker", "speaker"),
    ("vad silero", "min_silence_time", "min_silence_duration"),
]
"""Provider, an option of it with a mistake, and the option that is meant."""


@pytest.mark.parametrize(("provider", "written", "right"), WRONG)
def test_a_wrong_option_gets_the_right_name(provider, written, right):
    """The option at its place, with the name that the plugin has."""
    recorded = RECORDED[provider]["record"]
    options, (problem,) = validate(model_of(recorded), {written: "x"}, provider)
    assert options is None
    assert (problem.code, problem.location, problem.on_key) == ("E403", (written,), True)
    assert problem.help == f"did you mean '{right}'?"


def folder(wrong):
    """An agent, and a provider for each mistake, as a person writes them."""
    providers = []
    for number, (provider, written, _) in enumerate(wrong):
        kind, name = provider.split()
        providers += [f"  p{number}:", f"    {kind}: {name}", "    with:", f"      {written}: x"]
    text = AGENT + "\n".join(["providers:", *providers]) + "\n"
    lines = text.splitlines()
    places = {written: lines.index(f"      {written}: x") + 1 for _, written, _ in wrong}
    return text, places


def test_each_mistake_stands_at_its_line_and_column(site, tmp_path):
    """In a folder with the ten of them, each is told at its own place, with the right name."""
    cache = Cache()
    for provider in RECORDED:
        site.install(f"livekit-plugins-{provider.split()[1]}", RECORDED[provider]["version"])
    checker = OptionChecker(site.catalogue, cache)
    for provider, recorded in RECORDED.items():
        found = site.catalogue.find(*provider.split())
        cache.put(_NAMESPACE, checker._key(found, "record"), recorded["record"])
    (tmp_path / "agents.d").mkdir()
    text, places = folder(WRONG)
    (tmp_path / "agents.d" / "desk.yaml").write_text(text)
    compiled = Compiler(tmp_path / "agents.d", env={}, cache=cache, catalogue=site.catalogue)
    unknown = [d for d in compiled.compile().diagnostics if d.code == "E403"]
    assert [(d.span.file, d.span.line, d.span.column, d.help) for d in unknown] == [
        ("desk.yaml", places[written], 7, f"did you mean '{right}'?") for _, written, right in WRONG
    ]


@pytest.mark.parametrize(
    ("provider", "option", "text", "message"),
    [
        ("llm anthropic", "temperature", "warm", "'warm' is not a number"),
        ("stt deepgram", "interim_results", "maybe", "'maybe' is not yes or no"),
        ("vad silero", "min_silence_duration", "soon", "'soon' is not a number"),
    ],
)
def test_a_value_of_the_wrong_type_is_told(provider, option, text, message):
    """What an option takes is known without its package."""
    options, problems = validate(model_of(RECORDED[provider]["record"]), {option: text}, provider)
    assert options is None
    assert [(p.location, p.message) for p in problems] == [((option,), message)]


@pytest.mark.parametrize("provider", sorted(RECORDED))
def test_a_key_is_an_option_of_the_class(provider):
    """What stands in place of a variable is something that a person can write."""
    recorded = RECORDED[provider]["record"]
    names = {option["name"] for option in recorded["options"]}
    for need in recorded["needs"]:
        assert need["options"]
        assert {*need["options"], *need["unless"]} <= names | {"client", "http_session"}


def test_durations_may_be_written_in_words():
    """Seconds and milliseconds are read from words, as the option's name asks for."""
    written = {"endpointing_ms": "2s"}
    recorded = RECORDED["stt deepgram"]["record"]
    options, problems = validate(model_of(recorded), written, "stt 'deepgram'")
    assert problems == []
    assert options is not None
    assert 2000 in options.model_dump().values()


def test_a_model_that_is_nearly_one_warns():
    """A model's name without its hyphen is probably none; a newer one is left alone."""
    recorded = RECORDED["stt deepgram"]["record"]
    (warning,) = near_misses(recorded, {"model": "nova3"}, "stt 'deepgram'")
    assert (warning.code, warning.help) == ("W401", "did you mean 'nova-3'?")
    assert near_misses(recorded, {"model": "nova-9"}, "stt 'deepgram'") == []


@pytest.mark.parametrize(
    ("default", "written", "meant"),
    [
        ("Ara", "Ara", None),
        ("Ara", "Eve", None),
        ("Ara", "Arra", "ara"),
        ("ara", "Ara", "ara"),
        (None, "Eve", "eve"),
        ("Zoe", "Zoe", None),
        ("Zoe", "Eve", "eve"),
    ],
)
def test_a_default_that_is_listed_in_another_case_tells_that_case_is_free(default, written, meant):
    """LiveKit's xai lists the voice `ara` and takes `Ara` by itself: neither is a mistake."""
    kind = ["union", ["choice", "ara", "eve", "leo"], "text", "none"]
    voice = {"name": "voice", "type": kind, "required": False, "default": default}
    found = near_misses({"options": [voice]}, {"voice": written}, "realtime 'xai'")
    assert [problem.help for problem in found] == [f"did you mean '{meant}'?"] * bool(meant)


@pytest.mark.parametrize(
    ("recorded", "words"),
    [
        (["list", "text"], "a list, each entry text"),
        (["list", ["list", "any"]], "a list, each entry a list, each entry any value"),
        (["mapping", ["list", "whole"]],
         "a block: names of your own, each with a list, each entry a whole number"),
    ],
)  # fmt: skip
def test_a_type_within_a_type_is_told_in_words(recorded, words):
    """However deep they stand, the words are a sentence."""
    assert words_of(recorded) == words
