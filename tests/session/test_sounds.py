"""`play` and `background_audio`: sounds of a folder, and those that LiveKit brings."""

from __future__ import annotations

import base64
import io
import logging
import wave

import pytest
from livekit.agents import BuiltinAudioClip
from support.speech import Speaker

from runner.cache import Cache
from runner.compiler import Compiler
from runner.link.differences import of_agent
from runner.session import CallFacts
from runner.session.conversation import Conversation
from runner.session.speech import files
from runner.session.speech.background import Background
from runner.session.speech.files import BROUGHT, frames

FOLDER = """
agents:
  desk:
    start: reception
    mode: MODE
    llm: brain
    variables:
      late: "no"
    intents:
      bell:
        phrases:
          - ring
        then:
          - play: sounds/bell.wav
            interruptible: no
          - play: sounds/bell.wav
            if: late == 'yes'
          - say: That was it.
BACKGROUND
personas:
  reception:
    instructions: You answer.
    greeting:
      play: sounds/bell.wav
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: anything
          say: Hm.
"""

VOICE = "voice\n    stt: ears\n    tts: warm\n    vad: no"
PARTS = """\
  warm:
    tts: espeak
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
"""


def wav(seconds=1.0, rate=8000):
    """A sound as a file has it."""
    data = io.BytesIO()
    with wave.open(data, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(b"\x00\x10" * int(seconds * rate))
    return data.getvalue()


@pytest.fixture
def release(tmp_path, parsed_files):
    """Compile a folder with a sound."""

    def read(mode="text", background=""):
        folder = tmp_path / "agents.d"
        (folder / "sounds").mkdir(parents=True, exist_ok=True)
        (folder / "sounds" / "bell.wav").write_bytes(wav())
        parts = PARTS if mode == VOICE else ""
        text = FOLDER.replace("MODE", mode).replace("BACKGROUND\n", background) + parts
        (folder / "all.yaml").write_text(text)
        compiled = Compiler(folder, env={}, cache=Cache(parsed_files)).compile()
        assert compiled.release is not None, [str(d) for d in compiled.diagnostics]
        return compiled.release.agents["desk"]

    return read


@pytest.mark.proves("Play.play", "Play.if")
async def test_by_text_a_sound_is_told(begin, release):
    """In a talk by text nothing is heard: which sound is played is an event of its own."""
    talk = await begin(release())
    assert [(e["type"], e.get("name")) for e in talk.events] == [("sound", "sounds/bell.wav")]
    events = await talk.say("please ring")
    assert events.kinds == ["user", "intent", "sound", "agent"]


@pytest.mark.proves("Play.interruptible")
async def test_by_voice_it_is_heard(release):
    """The sound is played in the agent's own voice track, whole, before what follows."""

    class Heard(Speaker):
        seconds = 0.0

        async def capture_frame(self, frame):
            Heard.seconds += frame.duration
            await super().capture_frame(frame)

    events, speaker = [], Heard()
    talk = Conversation(release(VOICE), None, CallFacts(), on_event=events.append)
    handles = []
    await talk.prepare()
    talk.session.on("speech_created", lambda e: handles.append(e.speech_handle))
    await talk.start(audio_out=speaker)
    await talk.quiet()
    assert Heard.seconds == pytest.approx(1.0, abs=0.1)
    assert [h.allow_interruptions for h in handles] == [True]
    await talk.session.generate_reply(user_input="ring")
    await talk.quiet()
    await talk.end()
    assert [e.type for e in events] == ["sound", "message", "intent", "sound", "message", "end"]
    assert False in [h.allow_interruptions for h in handles]


async def test_a_release_holds_its_sounds(release):
    """What a call plays is what the release held when it was made, whatever becomes of the file."""
    made = release()
    assert base64.b64decode(made.sounds["sounds/bell.wav"]) == wav()
    again = type(made).from_json(made.to_json())
    assert [frame.samples_per_channel async for frame in frames("sounds/bell.wav", again.sounds)]


async def test_a_sound_that_cannot_be_decoded_ends(caplog):
    """A file that only looks like a sound is told in the log, and the call goes on."""
    broken = {"a.mp3": base64.b64encode(b"ID3" + bytes(400)).decode()}
    with caplog.at_level(logging.WARNING, "lkrun"):
        assert [frame async for frame in frames("a.mp3", broken)] == []
    assert "the sound 'a.mp3' cannot be played" in caplog.text


async def test_a_long_sound_is_cut(monkeypatch, caplog):
    """A sound is played so long as anybody would listen to it, and the log says that it was cut."""
    monkeypatch.setattr(files, "LONGEST", 0.5)
    data = {"long.wav": base64.b64encode(wav(3)).decode()}
    with caplog.at_level(logging.WARNING, "lkrun"):
        seconds = sum([frame.duration async for frame in frames("long.wav", data)])
    assert 0.5 <= seconds < 0.7
    assert "the sound 'long.wav' is cut after 0.5s" in caplog.text


def test_livekit_brings_them_all():
    """Each name of a sound without a file is one of LiveKit's."""
    assert set(BROUGHT.values()) == set(BuiltinAudioClip)


class Player:
    """LiveKit's player, which plays nothing."""

    def __init__(self, **sounds):
        """Keep what it should play."""
        self.sounds, self.started, self.closed = sounds, None, False

    async def start(self, **where):
        """Keep where."""
        self.started = where

    async def aclose(self):
        """Be closed."""
        self.closed = True


BACKGROUND = """\
    background_audio:
      ambient:
        sound: office
        volume: 0.4
        fade_in: 1s
        fade_out: 2s
      thinking: sounds/bell.wav
"""


@pytest.mark.proves("Agent.background_audio", "BackgroundAudio.ambient", "BackgroundAudio.thinking")
@pytest.mark.proves("BackgroundSound.sound", "BackgroundSound.volume", "BackgroundSound.fade_in")
@pytest.mark.proves("BackgroundSound.fade_out")
async def test_the_background_is_livekits(release):
    """What is heard behind the voice is LiveKit's player with the author's sounds."""
    talk = Conversation(release(VOICE, BACKGROUND), None, CallFacts())
    background = Background(talk._call, Player)
    room, session = object(), object()
    await background.begin(room, session)
    player = background._player
    ambient, thinking = player.sounds["ambient_sound"], player.sounds["thinking_sound"]
    assert ambient == (BuiltinAudioClip.OFFICE_AMBIENCE, 0.4, 1.0, 1.0, 2.0)
    with open(thinking.source, "rb") as sound:  # noqa: ASYNC230, PTH123 - a small file of the test
        assert sound.read() == wav()
    assert player.started == {"room": room, "agent_session": session}
    await background.end()
    assert player.closed
    await talk.abandon()


@pytest.mark.parametrize("mode", ["text", VOICE])
async def test_no_background_where_none_is_wanted(release, mode):
    """Without the key, and with `no`, nothing is played."""
    off = "    background_audio: no\n" if mode == VOICE else ""
    talk = Conversation(release(mode, off), None, CallFacts(), channel="voice")
    background = Background(talk._call, Player)
    await background.begin(object(), object())
    assert background._player is None
    await talk.abandon()


async def test_a_background_that_fails_is_told(release, caplog):
    """Whatever LiveKit has against it, the call goes on without."""

    class Broken(Player):
        async def start(self, **_where):
            raise RuntimeError("no track")

    talk = Conversation(release(VOICE, BACKGROUND), None, CallFacts())
    background = Background(talk._call, Broken)
    with caplog.at_level(logging.WARNING, "lkrun"):
        await background.begin(object(), object())
    assert "background_audio cannot be played: no track" in caplog.text
    await background.end()
    await talk.abandon()


def test_another_sound_in_the_same_file_is_a_difference(release):
    """Whoever looks what changes for callers is told that a file holds another sound."""
    before = release()
    after = before.model_copy(update={"sounds": {"sounds/bell.wav": "UklGRg=="}})
    (difference,) = of_agent(before, after)
    assert difference.location == ("sounds", "sounds/bell.wav", "content")
    assert not list(of_agent(before, before))
