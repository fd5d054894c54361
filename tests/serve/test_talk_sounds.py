"""The sound of spoken dialogues: how long it is kept, and how much of it."""

from __future__ import annotations

import pytest

from runner.front.port import DialogueError
from runner.serve.sessions import openings, talk_sounds
from runner.serve.sessions.past import HOUR
from runner.serve.sessions.talk_sounds import TalkSounds


@pytest.fixture
def clock():
    """Seconds, put forward by hand."""
    return [0.0]


@pytest.fixture
def sounds(tmp_path, clock):
    """Sounds in a folder that nobody has made yet."""
    return TalkSounds(tmp_path / "sounds", lambda: clock[0])


def talk(sounds, name, size=100):
    """A talk whose sound has been written."""
    sounds.begin(name).write_bytes(b"x" * size)


def test_a_sound_is_kept_for_an_hour_after_the_end(sounds, clock, tmp_path):
    """While the talk goes on it stays, however long; an hour after the end it is deleted."""
    talk(sounds, "a")
    clock[0] = 5 * HOUR
    sounds.look()
    assert sounds.of("a") is not None
    sounds.end("a")
    clock[0] += HOUR - 1
    sounds.look()
    assert sounds.of("a") is not None
    clock[0] += 2
    sounds.look()
    assert sounds.of("a") is None
    assert list((tmp_path / "sounds").iterdir()) == []


def test_of_too_much_the_oldest_goes(sounds, clock, monkeypatch):
    """What ended first makes room; a talk that goes on keeps its own."""
    monkeypatch.setattr(talk_sounds, "MOST_BYTES", 250)
    for name in ("first", "second", "third", "on"):
        talk(sounds, name)
        clock[0] += 1
        if name != "on":
            sounds.end(name)
    sounds.look()
    kept = [n for n in ("first", "second", "third", "on") if sounds.of(n) is not None]
    assert kept == ["second", "third", "on"]


@pytest.mark.parametrize("name", ["b", "../a", ""])
def test_only_talks_have_a_sound(sounds, tmp_path, name):
    """Any other name, also one of a file elsewhere, has none."""
    talk(sounds, "a")
    (tmp_path / "a.wav").write_bytes(b"secret")
    sounds.end(name)
    assert sounds.of(name) is None


def test_a_talk_that_has_said_nothing_yet_has_no_sound(sounds):
    """It has a place for it, and no file."""
    sounds.begin("a")
    assert sounds.of("a") is None


@pytest.mark.usefixtures("socket")
async def test_more_spoken_dialogues_than_there_is_room_for(texts, calls, monkeypatch):
    """One more is refused before anything of it begins; one by text is not."""
    monkeypatch.setattr(openings, "MOST_SPOKEN", 0)
    with pytest.raises(DialogueError, match="0 spoken dialogues already") as refused:
        await texts.turn("desk", "", None, None, None, audio=True)
    assert refused.value.code == "full"
    assert calls.all() == []
    assert (await texts.turn("desk", "", None, None, None)).text == "Welcome to the desk."


async def test_a_text_is_spoken_up_to_a_minute(texts):
    """A longer one is refused, with what to do."""
    with pytest.raises(DialogueError, match="at most 1,000 characters") as refused:
        await texts.turn("desk", "word " * 201, None, None, None, audio=True)
    assert (refused.value.code, refused.value.help) == ("out_of_bounds", "say it in several turns")
