"""A package of somebody else's, with a plugin under each entry point, in real conversations."""

from __future__ import annotations

import asyncio
import sys

import pytest
from livekit import rtc
from livekit.agents.voice import io
from support.package import installed
from support.realtime_session import Say, tone
from support.realtime_stub import RealtimeStub

from runner.plugin import GROUPS
from runner.providers import build as building
from runner.providers.catalogue import InstalledProvider
from runner.providers.loading import load as load_plugin
from runner.session.settings.room import room_options

TEXT = """
agents:
  desk:
    start: host
    mode: text
    llm: mind
personas:
  host:
    instructions: Help.
    tools:
      - weigh
    nodes:
      llm:
        - every:
            word: indeed
tools:
  weigh:
    description: Weigh a parcel.
    parameters:
      grams:
        type: integer
    plugin: every
    with:
      word: grams
providers:
  mind:
    llm: every
    with:
      word: you said
"""
VOICE = """
agents:
  desk:
    start: host
    llm: mind
    stt: ears
    tts: voice
    vad: level
    turn_taking:
      detection: DETECTION
      warm_up: 0s
    room:
      noise_cancellation: quiet
personas:
  host:
    instructions: Help.
    greeting:
      say: Good day.
providers:
  mind:
    llm: every
    with:
      word: you said
  ears:
    stt: every
    with:
      word: hello there
  voice:
    tts: every
  level:
    vad: every
  detector:
    turn_detector: every
  quiet:
    noise_cancellation: every
"""
SPEECH = """
agents:
  desk:
    start: host
    realtime: speech
personas:
  host:
    instructions: Help.
    greeting:
      instructions: Greet.
providers:
  speech:
    realtime: every
    with:
      base_url: URL
"""


@pytest.fixture(autouse=True)
def package(tmp_path, monkeypatch):
    """The package, installed for this process."""
    for path in installed("lkrun-every", tmp_path / "site"):
        monkeypatch.syspath_prepend(path)
    forget()
    yield
    forget()
    sys.modules.pop("lkrun_every", None)


def forget():
    """Let this process look again for what is installed."""
    building.catalogue.cache_clear()
    load_plugin.cache_clear()


def made(thing):
    """The class of the package that something is."""
    bases = [each for each in type(thing).__mro__ if each.__module__ == "lkrun_every"]
    return bases[0].__name__ if bases else ""


def says(text):
    """Whether an event is these words of the agent."""
    return lambda event: event.get("text") == text and event["role"] == "agent"


class Microphone(io.AudioInput):
    """What the caller says: one loud second, then silence for as long as anybody listens."""

    def __init__(self):
        super().__init__(label="microphone")
        self._loud = 20

    async def __anext__(self):
        await asyncio.sleep(0)
        self._loud -= 1
        data = tone(0.05, 8_000 if self._loud > 0 else 0)
        if self._loud < -40:
            await asyncio.Event().wait()
        return rtc.AudioFrame(data, 24_000, 1, len(data) // 2)


def test_each_group_is_found():
    """Every kind of plugin of the public API is found under its entry point."""
    catalogue = building.catalogue()
    for kind in GROUPS:
        provider = catalogue.find(kind, "every")
        assert isinstance(provider, InstalledProvider), provider
        assert (provider.package, provider.version) == ("lkrun-every", "0.4.0")


async def test_model_tool_and_node(begin):
    """The model answers and calls the tool; the node adds to what the model says."""
    talk = await begin(TEXT)
    assert (await talk.say("hello")).texts == ["you said: hello indeed"]
    turn = await talk.say("parcel")
    assert turn.outputs == ["5 grams"]
    assert turn.texts[-1] == "It is 5 grams. indeed"


async def test_ears_voice_and_what_tells_speech_from_silence(begin):
    """A caller is heard through the package alone, and answered with its voice."""
    talk = await begin(VOICE.replace("DETECTION", "vad"), channel="voice")
    session = talk.conversation.session
    await talk.until(says("Good day."))
    session.input.audio = Microphone()
    await talk.until(says("you said: hello there"))
    agent = session.current_agent
    parts = {kind: made(getattr(agent, kind, None) or getattr(session, kind))
             for kind in ("llm", "stt", "tts", "vad")}  # fmt: skip
    assert parts == {"llm": "Mind", "stt": "Ears", "tts": "Voice", "vad": "Level"}


async def test_turn_detector_and_noise_cancellation(begin):
    """What tells the end of a turn, and what takes noise out, are the package's."""
    talk = await begin(VOICE.replace("DETECTION", "detector"), channel="voice")
    call = talk.conversation._call
    options = room_options(call.bound.release.agent, provider=call.bound.models.get)
    assert made(options.get_audio_input_options().noise_cancellation) == "Quiet"
    assert made(talk.conversation.session.turn_detection) == "Detector"


@pytest.mark.parametrize("channel", ["text", "voice"])
async def test_speech_to_speech(begin, channel):
    """A speech-to-speech model of the package greets and answers."""
    with RealtimeStub(lambda asked: Say(f"heard: {asked.text}" if asked.text else "Hi.")) as stub:
        talk = await begin(SPEECH.replace("URL", stub.url), channel=channel)
        await talk.until(says("Hi."))
        talk.conversation.session.generate_reply(user_input="food")
        await talk.until(says("heard: food"))
        assert made(talk.conversation.session.llm) == "Speech"
        await talk.conversation.end("test")
