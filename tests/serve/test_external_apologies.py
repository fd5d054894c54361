"""What a caller hears where nobody takes the call, in each language."""

from __future__ import annotations

import pytest
from livekit.agents.utils.audio import audio_frames_from_file

from runner.schema.agents import Agent
from runner.schema.external_agents import ExternalAgent
from runner.serve.external.apologies import FOLDER, in_language, language_of
from runner.texts import LANGUAGES


class Folder:
    """A release with agents of these languages."""

    def __init__(self, **languages):
        self.agents = {name: Served(language) for name, language in languages.items()}


class Served:
    def __init__(self, language):
        self.agent = Agent.model_validate({"start": "host", "locale": language})


def external(**keys):
    """An external agent with these keys."""
    here = {"webhook_url": "https://a.example/", "secret": ["{{ secrets.A }}"]}
    return ExternalAgent.model_validate({**here, **keys})


@pytest.mark.parametrize("language", [*LANGUAGES, "pt-BR"])
async def test_each_language_has_words_and_a_voice(language):
    """All languages of lkrun's own words are there, and spoken for some seconds."""
    apology = in_language(language)
    assert apology.language == language
    assert apology.words
    seconds = loudest = 0
    async for frame in audio_frames_from_file(str(apology.sound), 16_000):
        seconds += frame.duration
        loudest = max(loudest, *frame.data)
    assert 4 < seconds < 14
    assert loudest > 3000


def test_no_sound_is_without_words():
    """Each file belongs to a language of words.toml."""
    sounds = {path.stem for path in FOLDER.glob("*.ogg")}
    assert sounds == {in_language(name).language for name in sounds} == {*LANGUAGES, "pt-BR"}


@pytest.mark.parametrize(
    ("asked", "spoken"), [("de-AT", "de"), ("pt-BR", "pt-BR"), ("pt-AO", "pt"), ("ko", "en")]
)
def test_a_country_has_the_words_of_its_language(asked, spoken):
    """Its own where there are, else its language's, else English."""
    assert in_language(asked).language == spoken


@pytest.mark.parametrize(
    ("keys", "agents", "language"),
    [
        ({}, {}, "en"),
        ({}, {"a": "de"}, "de"),
        ({}, {"a": "fr", "b": "de", "c": "de"}, "de"),
        ({"fallback": "a"}, {"a": "fr", "b": "de", "c": "de"}, "fr"),
        ({"fallback": "a", "locale": "it"}, {"a": "fr"}, "it"),
    ],
)
def test_whose_language_a_caller_hears(keys, agents, language):
    """That of the external agent, of its fallback, of most agents, English."""
    assert language_of(external(**keys), Folder(**agents)) == language
