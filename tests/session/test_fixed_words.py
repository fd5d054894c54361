"""Fixed words are spoken from the sound of their first time; first words are asked for early."""

from __future__ import annotations

import asyncio
import os

import pytest
from lkrun_espeak.speech import EspeakTTS
from support.speech import Speaker, Voice
from support.voice_folder import FOLDER, said

from runner.session import Caller, CallFacts
from runner.session.conversation import Conversation
from runner.session.speech.early import Early
from runner.session.speech.sounds import LARGEST, KeptVoice, Sound, Sounds, once, remembered

SOUND = Sound(16000, 1, bytes(range(200)) * 100)


class BrokenError(Exception):
    """What a voice raises that breaks off."""


class Asked(list):
    """What voices were asked, and whether there was anything."""

    def __init__(self):
        super().__init__()
        self.more = asyncio.Event()


@pytest.fixture
def sounds(tmp_path):
    """A folder for the sounds of a runner."""
    return Sounds(tmp_path / "sounds")


@pytest.fixture
def spoken(monkeypatch):
    """What the voices are asked to speak, by pitch."""
    voice = Asked()
    livekits = EspeakTTS.synthesize

    def synthesize(self, text, **options):
        voice.append((self.manner.pitch, text))
        voice.more.set()
        return livekits(self, text, **options)

    monkeypatch.setattr(EspeakTTS, "synthesize", synthesize)
    return voice


@pytest.fixture
async def call(load, sounds):
    """Begin calls by voice one after the other, which share their sounds."""
    talks = []

    async def begin(folder=FOLDER, *, facts=None, awaited=False):
        folder = folder.replace("EXTRA\n", "").replace("      TURNS\n", "")
        words = asyncio.Queue()
        talk = Conversation(
            load(folder),
            None,
            facts or CallFacts(),
            on_event=lambda event: words.put_nowait(event.to_json()),
            channel="voice",
            sounds=sounds,
            awaited=awaited,
        )
        talks.append(talk)
        talk.words = words
        if awaited:
            await talk.prepare()
        else:
            await talk.start(audio_out=Speaker())
        return talk

    yield begin
    for talk in talks:
        await talk.end("test")


async def greeted(talk, text="Good day."):
    """Wait until a call has said something."""
    while not said(text)(await talk.words.get()):
        pass


async def test_a_second_call_is_not_asked_again(call, spoken):
    """The greeting of a second call has the sound of the first: the voice is not asked."""
    await greeted(await call())
    await greeted(await call())
    assert spoken == [(60, "Good day.")]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("pitch: 60", "pitch: 40"),
        ("pitch: 60", "pitch: 60\n      speed: 120"),
        ("Good day.", "Good evening."),
    ],
)
async def test_another_voice_or_other_words_are_spoken_anew(call, spoken, written, instead):
    """A change of voice, speed or words is never answered with the old sound."""
    await greeted(await call())
    folder = FOLDER.replace(written, instead)
    await greeted(await call(folder), "Good evening." if "evening" in instead else "Good day.")
    assert len(spoken) == 2


@pytest.mark.proves("TtsProvider.cache")
async def test_no_cache_asks_each_time(call, spoken):
    """Where the voice shall vary, it is asked each time."""
    folder = FOLDER.replace("pitch: 60", "pitch: 60\n    cache: no")
    await greeted(await call(folder))
    await greeted(await call(folder))
    assert len(spoken) == 2


async def test_words_with_a_value_of_the_call_are_not_kept(call, spoken, tmp_path):
    """Words that name the caller are spoken anew, and nothing of them is kept."""
    folder = FOLDER.replace("say: Good day.", 'say: Good day, {{ caller.name | default("you") }}.')
    facts = CallFacts(caller=Caller(name="Ann"))
    for _ in range(2):
        await greeted(await call(folder, facts=facts), "Good day, Ann.")
    assert len(spoken) == 2
    assert not (tmp_path / "sounds").exists()


async def test_values_of_the_agent_are_fixed_words(call, spoken):
    """A fixed variable of the agent is the same in each call."""
    folder = FOLDER.replace("say: Good day.", "say: Good day, {{ house }}.").replace(
        "    tools:\n", "    variables:\n      house: Sonne\n    tools:\n"
    )
    for _ in range(2):
        await greeted(await call(folder), "Good day, Sonne.")
    assert len(spoken) == 1


async def test_fixed_words_are_asked_for_before_the_caller_is_there(call, spoken):
    """While the room is joined the voice speaks already; the session only plays it."""
    talk = await call(awaited=True)
    await spoken.more.wait()
    assert spoken == [(60, "Good day.")]
    await talk.start(audio_out=Speaker(), facts=CallFacts(caller=Caller(name="Ann")))
    await greeted(talk)
    assert len(spoken) == 1


async def test_words_about_the_caller_wait_for_the_caller(call, spoken):
    """Where the first words name the caller, nothing is asked, and nothing is missing later."""
    folder = FOLDER.replace("say: Good day.", "say: Good day, {{ caller.name }}.")
    talk = await call(folder, awaited=True)
    assert spoken == []
    await talk.start(audio_out=Speaker(), facts=CallFacts(caller=Caller(name="Ann")))
    await greeted(talk, "Good day, Ann.")
    assert len(spoken) == 1


async def test_nobody_comes(call):
    """What was prepared for a caller who does not come is let go."""
    talk = await call(awaited=True)
    assert talk._call.speeches.sound is not None
    await talk.abandon()
    assert talk._call.speeches.sound is None


async def fails(*pieces, when=None):
    """An answer that breaks off after some pieces, once that shall be."""
    for piece in pieces:
        yield piece
    if when is not None:
        await when.wait()
    raise BrokenError


async def again():
    """What asking again gives."""
    yield "again"


@pytest.mark.parametrize("pieces", [(), ("one",), ("one", "two")])
async def test_words_that_fail_early_are_asked_again(pieces):
    """An early answer that broke off before anybody heard of it is asked again, from its start."""
    early = Early("words", fails(*pieces))
    await asyncio.wait([early._reading])
    assert [piece async for piece in early.pieces(again)] == ["again"]


async def test_pieces_in_which_nothing_can_be_heard_are_no_answer_yet():
    """A model's first piece has no words: an answer that breaks off behind it is asked again."""
    broken = asyncio.Event()
    early, seen = Early("words", fails("", when=broken), counts=bool), []
    async for piece in early.pieces(again):
        seen.append(piece)
        broken.set()
    assert seen == ["", "again"]


async def test_words_that_break_off_when_some_were_heard_are_not_said_twice():
    """What breaks off while it is heard fails, as it does where nothing is asked early."""
    broken = asyncio.Event()
    early = Early("words", fails("one", when=broken))
    pieces = early.pieces(again)
    assert await anext(pieces) == "one"
    broken.set()
    with pytest.raises(BrokenError):
        await anext(pieces)


async def test_what_is_measured_early_is_not_lost():
    """Use that a provider measures before anybody listens is told when somebody does."""
    voice, measured = Voice(), []

    async def frames():
        voice.emit("metrics_collected", "early")
        yield 1

    early = Early("words", frames(), (voice,))
    assert [piece async for piece in early.pieces(frames)] == [1]
    voice.on("metrics_collected", measured.append)
    early.settle()
    voice.emit("metrics_collected", "late")
    assert measured == ["early", "late"]


def test_a_sound_is_found_as_it_was(sounds):
    """Rate, channels and samples come back; other words and voices have nothing."""
    assert sounds.find("voice", "words") is None
    sounds.keep("voice", "words", SOUND)
    assert sounds.find("voice", "words") == SOUND
    assert sounds.find("voice", "other words") is None
    assert sounds.find("other voice", "words") is None
    assert b"".join(bytes(frame.data.cast("B")) for frame in SOUND.frames()) == SOUND.samples


def test_what_was_not_heard_for_longest_goes_first(tmp_path):
    """The folder stays within its bound; what is heard again stays."""
    kept = Sounds(tmp_path, most=50_000)
    for words in ("one", "two"):
        kept.keep("voice", words, SOUND)
    os.utime(kept._path("voice", "one"), (1, 1))
    kept.keep("voice", "three", SOUND)
    assert kept.find("voice", "one") is None
    assert kept.find("voice", "two") == kept.find("voice", "three") == SOUND
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 50_000


def test_what_is_too_large_or_broken_is_not_kept(sounds):
    """A sound beyond its bound is spoken anew each time; a broken file is none."""
    sounds.keep("voice", "long", Sound(16000, 1, bytes(LARGEST + 2)))
    sounds.keep("voice", "nothing", Sound(16000, 1, b""))
    assert sounds.find("voice", "long") is None
    assert sounds.find("voice", "nothing") is None
    sounds.keep("voice", "words", SOUND)
    sounds._path("voice", "words").write_bytes(b"no sound")
    assert sounds.find("voice", "words") is None


def test_no_place_for_sounds(tmp_path):
    """Where nothing can be written, the call goes on."""
    (tmp_path / "file").write_text("")
    kept = Sounds(tmp_path / "file" / "sounds")
    kept.keep("voice", "words", SOUND)
    assert kept.find("voice", "words") is None


async def test_words_that_break_off_are_not_kept(sounds):
    """Only a whole sound is kept, and none of a voice that spoke in place of the first."""

    async def broken(_words):
        yield next(SOUND.frames())
        raise BrokenError

    with pytest.raises(BrokenError):
        _ = [f async for f in remembered(KeptVoice(sounds, "voice"), once("words"), broken)]

    async def whole(_words):
        for frame in SOUND.frames():
            yield frame

    other = KeptVoice(sounds, "voice", usable=lambda: False)
    assert len([f async for f in remembered(other, once("words"), whole)]) > 1
    assert sounds.find("voice", "words") is None
