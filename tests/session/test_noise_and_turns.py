"""What takes noise out of a caller's sound, and what tells the end of their turn, by provider."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from livekit import rtc
from livekit.agents import inference
from support.site import Site

from runner.providers import build as building
from runner.providers.loading import load as load_plugin
from runner.session.errors import CannotStartError
from runner.session.settings.room import room_options

FOLDER = """
agents:
  desk:
    start: host
    llm: brain
    stt: ears
    tts: voice
    turn_taking:
      detection: patient
    room:
      noise_cancellation:QUIET
personas:
  host:
    instructions: Help.
    handoffs:
      cook:
        when: food
  cook:
    instructions: Cook.
    turn_taking:
      detection: hasty
providers:
  patient:
    turn_detector: inference
    with:
      version: v1-mini
      unlikely_threshold: "0.2"
  hasty:
    turn_detector: inference
    with:
      version: v1-mini
      unlikely_threshold: "0.9"
  quiet:
    noise_cancellation: hush
  quieter:
    noise_cancellation: hush
    with:
      level: "9"
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: food
          call: transfer_to_cook
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - food
  voice:
    tts: espeak
"""
EACH = "\n        default: quiet\n        telephone: quieter"
SOURCE = """
from pydantic import BaseModel
from livekit import rtc
from runner.plugin import Plugin
class Options(BaseModel):
    level: int = 1
class Hush(rtc.FrameProcessor):
    def __init__(self, level):
        self.level = level
    enabled = True
    def _process(self, frame):
        return frame
    def _close(self):
        pass
def build(options):
    if options.level > 10:
        raise ValueError('too quiet')
    return Hush(options.level)
plugin = Plugin(options=Options, build=build)
"""


@pytest.fixture(autouse=True)
def hush(tmp_path, monkeypatch):
    """A package that takes noise out, installed for this process."""
    site = Site(tmp_path / "site")
    site.folder.mkdir()
    monkeypatch.syspath_prepend(site.folder)
    site.plugin("hush", SOURCE, "noise_cancellation")
    forget()
    yield
    forget()


def forget():
    building.catalogue.cache_clear()
    load_plugin.cache_clear()
    sys.modules.pop("made_up_hush", None)


def heard_through(talk):
    """What LiveKit is told of the caller's sound in this call."""
    call = talk.conversation._call
    options = room_options(call.bound.release.agent, provider=call.bound.models.get)
    return options.get_audio_input_options()


def caller(kind):
    return SimpleNamespace(participant=SimpleNamespace(kind=kind), track=None)


SIP, APP = (
    rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
    rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
)


@pytest.mark.proves(
    "Room.noise_cancellation",
    "NoiseCancellationProvider.noise_cancellation",
    "NoiseCancellationProvider.with",
)
async def test_one_for_all_callers(begin):
    """A provider takes noise out of what every caller says; their loudness is left as it is."""
    talk = await begin(FOLDER.replace("QUIET", " quieter"), channel="voice")
    sound = heard_through(talk)
    assert sound.noise_cancellation.level == 9
    assert sound.auto_gain_control is False


@pytest.mark.proves("NoiseCancellation.default", "NoiseCancellation.telephone")
async def test_one_for_those_who_ring(begin):
    """Callers by telephone have one of their own; each is built once in a call."""
    talk = await begin(FOLDER.replace("QUIET", EACH), channel="voice")
    choose = heard_through(talk).noise_cancellation
    assert (choose(caller(SIP)).level, choose(caller(APP)).level) == (9, 1)
    assert choose(caller(SIP)) is heard_through(talk).noise_cancellation(caller(SIP))


async def test_a_loudness_that_is_written_is_evened_out(begin):
    """`auto_gain` counts beside it where an author writes it."""
    folder = FOLDER.replace("QUIET", " quiet\n      auto_gain: yes")
    assert heard_through(await begin(folder, channel="voice")).auto_gain_control is True


async def test_what_cannot_be_built_ends_the_call_before_it_begins(begin):
    """A provider that cannot be made is told as any other is, before anybody listens."""
    folder = FOLDER.replace("QUIET", " quieter").replace('"9"', '"11"')
    with pytest.raises(CannotStartError, match=r"provider 'quieter'.*too quiet"):
        await begin(folder, channel="voice")


@pytest.mark.proves("TurnDetectorProvider.turn_detector", "TurnDetectorProvider.with")
async def test_a_turn_detector_of_ones_own(begin):
    """The agent's detector is the provider, with its options; a persona may have another."""
    talk = await begin(FOLDER.replace("QUIET", " quiet"), channel="voice")
    session = talk.conversation.session
    detector = session.turn_detection
    assert isinstance(detector, inference.TurnDetector)
    assert detector is talk.conversation._call.bound.models.get("turn_detector", "patient")
    session.generate_reply(user_input="food")
    await talk.until(lambda event: event["type"] == "handoff")
    own = session.current_agent.turn_detection
    assert own is talk.conversation._call.bound.models.get("turn_detector", "hasty")
    assert own is not detector
