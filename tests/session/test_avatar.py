"""An avatar that does not come: the call goes on without it."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice import io
from support.site import Site

from runner.providers import build as building
from runner.providers.loading import load as load_plugin
from runner.session.clock import SimulatedClock
from runner.session.speech.avatar import JOINS, STARTS, Avatar

FOLDER = """
agents:
  desk:
    start: host
    llm: brain
    tts: voice
    stt: ears
    avatar: face
    ROOM
personas:
  host:
    instructions: Help.
providers:
  face:
    avatar: faces
    with:
      how: HOW
      key: "{{ secrets.FACES }}"
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: Good day.
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  voice:
    tts: espeak
"""
SOURCE = """
import asyncio
from typing import Literal
from livekit.agents.voice import avatar
class AvatarSession(avatar.AvatarSession):
    def __init__(self, *, key: str, how: Literal['comes', 'fails', 'hangs', 'mute', 'unmade']):
        super().__init__()
        if how == 'unmade':
            raise ValueError('no such face')
        self.how, self.key, self.closed = how, key, False
        self.there = asyncio.Event()
    @property
    def avatar_identity(self):
        return 'face'
    async def start(self, agent_session, room):
        if self.how == 'fails':
            raise RuntimeError(f'the key {self.key} is not known')
        if self.how == 'hangs':
            await asyncio.Event().wait()
        if self.how != 'mute':
            agent_session.output.replace_audio_tail(avatar.QueueAudioOutput(sample_rate=16000))
    async def wait_for_join(self, *, timeout=30.0):
        await self.there.wait()
    async def aclose(self):
        self.closed = True
"""


class Room(rtc.EventEmitter):
    """A room in which a track can be published."""

    def __init__(self):
        super().__init__()
        self.published = asyncio.Event()
        self.local_participant = SimpleNamespace(publish_track=self.publish)

    async def publish(self, _track, _options):
        self.published.set()
        return SimpleNamespace(wait_for_subscription=asyncio.Event().wait)


@pytest.fixture(autouse=True)
def faces(tmp_path, monkeypatch):
    """A LiveKit plugin whose avatars come as their option says."""
    site = Site(tmp_path / "site")
    site.folder.mkdir()
    site.livekit("faces", SOURCE)
    monkeypatch.syspath_prepend(site.folder)
    forget()
    yield
    forget()


def forget():
    building.catalogue.cache_clear()
    load_plugin.cache_clear()
    sys.modules.pop("livekit.plugins.faces", None)


@pytest.fixture
async def shown(begin):
    """Begin an avatar in a call; gives it, LiveKit's session, the room, the clock."""
    made = []

    async def start(how, room=""):
        folder = FOLDER.replace("HOW", how).replace("    ROOM\n", room)
        clock, secrets = (
            SimulatedClock(datetime(2026, 12, 1, tzinfo=UTC)),
            {"FACES": "face-key-1234"},
        )
        talk = await begin(folder, channel="voice", secrets=secrets, clock=clock)
        avatar = Avatar(talk.conversation._call)
        session, there = AgentSession(vad=None), Room()
        made.append((avatar, session))
        return avatar, session, there, clock

    yield start
    for avatar, session in made:
        avatar.stop()
        await session.aclose()


def frame():
    return rtc.AudioFrame.create(16_000, 1, 160)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("fails", "the key ••• is not known"),
        ("mute", "it takes no sound"),
        ("unmade", "provider 'face': avatar 'faces' could not be set up: no such face"),
    ],
)
async def test_what_cannot_begin_is_told(shown, caplog, how, why):
    """A service that refuses is told in one line without any secret; the agent speaks itself."""
    avatar, session, room, _ = await shown(how)
    assert not await avatar.begin(session, room)
    assert session.output.audio is None
    (line,) = [record.message for record in caplog.records if "avatar" in record.message]
    assert line == f"the avatar 'face' cannot be seen: {why}; the call goes on without it"


async def test_a_service_that_hangs_is_not_waited_for(shown, caplog):
    """The first words wait for it no longer than a bound."""
    avatar, session, room, clock = await shown("hangs")
    beginning = asyncio.create_task(avatar.begin(session, room))
    while not beginning.done():
        clock.advance(STARTS)
        await asyncio.sleep(0)
    assert not beginning.result()
    assert f"it did not answer within {STARTS:g}s" in caplog.text


@pytest.mark.proves("Agent.avatar", "AvatarProvider.avatar", "AvatarProvider.with")
async def test_what_is_said_waits_for_it(shown):
    """The agent's sound goes to it, as soon as it is there."""
    avatar, session, room, _ = await shown("comes")
    assert await avatar.begin(session, room)
    output = session.output.audio
    saying = asyncio.create_task(output.capture_frame(frame()))
    await asyncio.sleep(0)
    assert not saying.done()
    made = avatar._shown.avatar
    made.there.set()
    await saying
    output.flush()
    sink = output.next_in_chain.next_in_chain
    assert [type(each).__name__ async for each in _of(sink, 2)] == ["AudioFrame", "AudioSegmentEnd"]


async def _of(sink, count):
    for _ in range(count):
        yield await sink._data_ch.recv()


async def test_one_that_never_joins_is_done_without(shown, caplog):
    """What waits is spoken into the room, in the form that the avatar had asked for."""
    avatar, session, room, clock = await shown("comes")
    assert await avatar.begin(session, room)
    output = session.output.audio
    saying = asyncio.create_task(output.capture_frame(frame()))
    while not room.published.is_set():
        clock.advance(JOINS)
        await asyncio.sleep(0)
    assert output.sample_rate == 16_000
    assert f"it did not join the room within {JOINS:g}s" in caplog.text
    instead = output.next_in_chain.next_in_chain
    assert isinstance(instead, io.AudioOutput)
    assert instead.label == "RoomIO"
    saying.cancel()


async def test_it_leaves_while_it_speaks(shown, caplog):
    """The sentence that it was speaking counts as broken off, and nothing waits for its end."""
    avatar, session, room, _ = await shown("comes")
    assert await avatar.begin(session, room)
    output, made = session.output.audio, avatar._shown.avatar
    made.there.set()
    await output.capture_frame(frame())
    output.flush()
    room.emit("participant_disconnected", SimpleNamespace(identity="somebody"))
    assert "cannot be seen" not in caplog.text
    room.emit("participant_disconnected", SimpleNamespace(identity="face"))
    assert (await output.wait_for_playout()).interrupted
    assert caplog.text.count("it has left the room") == 1
    await room.published.wait()
    await asyncio.gather(*avatar._call.apart)
    assert made.closed


@pytest.mark.parametrize("room", ["    room:\n      audio_out: no\n"])
async def test_an_agent_that_does_not_speak_has_none(shown, room):
    """Nobody is asked to come where nothing is spoken."""
    avatar, session, there, _ = await shown("comes", room)
    assert not await avatar.begin(session, there)
