"""A voice is given the model's first reply while it comes, and heard where it is really said."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from livekit import rtc
from livekit.agents.types import USERDATA_TTS_STARTED_TIME
from livekit.agents.utils import aio

from runner.session.speech.ahead import Ahead


class RefusedError(Exception):
    """What a voice raises that cannot speak."""


class Voice:
    """A voice whose frames are counted words: what it was asked, piece by piece."""

    def __init__(self, *, refuses=False):
        self.asked, self.refuses, self.closed = [], refuses, 0
        self.begun = asyncio.Event()

    async def speak(self, words):
        heard = []
        self.asked.append(heard)
        try:
            async for piece in words:
                self.begun.set()
                if self.refuses and len(self.asked) == 1:
                    raise RefusedError
                heard.append(piece)
                yield frame(piece)
        finally:
            self.closed += 1


def frame(piece):
    """A frame of as many samples as a piece has characters."""
    made = rtc.AudioFrame(bytes(2 * len(piece)), 16000, 1, len(piece))
    made.userdata[USERDATA_TTS_STARTED_TIME] = 1.0
    return made


class Words(aio.Chan):
    """The words of a reply as they come."""

    def come(self, *pieces, whole=True):
        for piece in pieces:
            self.send_nowait(piece)
        if whole:
            self.close()
        return self


async def asked_early(voice, words):
    """A voice that was given words already, all that there are."""
    ahead = Ahead("ann", words, voice.speak, ())
    await (voice.begun.wait() if not words.closed else asyncio.wait([ahead._giving]))
    return ahead


async def heard(ahead, text, voice):
    """The lengths of what is heard."""
    frames = [each async for each in ahead.frames(text, voice.speak)]
    return [each.samples_per_channel for each in frames], frames


async def test_a_reply_that_is_there_is_not_asked_for_again():
    """The voice is asked once, before the words are wanted, and its sound is what is heard."""
    voice = Voice()
    ahead = await asked_early(voice, Words().come("Good ", "day."))
    lengths, frames = await heard(ahead, Words().come("Good day", "."), voice)
    assert lengths == [5, 4]
    assert voice.asked == [["Good ", "day."]]
    assert not any(USERDATA_TTS_STARTED_TIME in each.userdata for each in frames)


async def test_a_reply_that_still_comes_goes_on_in_the_same_request():
    """What comes after the words that the voice has is given to it in the request that runs."""
    voice, early = Voice(), Words().come("Good ", whole=False)
    ahead = await asked_early(voice, early)
    lengths, _ = await heard(ahead, Words().come("Good d", "ay."), voice)
    assert lengths == [5, 1, 3]
    assert voice.asked == [["Good ", "d", "ay."]]


@pytest.mark.parametrize("real", [("Hello.",), ("Good",), (), ("Good d", "og.")])
async def test_other_words_are_spoken_instead(real):
    """Where something else is to be said, nothing of the early sound is heard."""
    voice = Voice()
    ahead = await asked_early(voice, Words().come("Good day."))
    lengths, _ = await heard(ahead, Words().come(*real), voice)
    assert lengths == [len(piece) for piece in real]
    assert voice.asked[1:] == [list(real)]


async def test_what_is_said_after_a_whole_reply_is_spoken_too():
    """Words that lkrun adds to a reply follow its sound; blanks alone ask nothing."""
    voice = Voice()
    ahead = await asked_early(voice, Words().come("Good day."))
    lengths, _ = await heard(ahead, Words().come("Good day.", "\n", "Your name?"), voice)
    assert lengths == [9, 11]
    blank = await asked_early(voice, Words().come("Hi."))
    assert (await heard(blank, Words().come("Hi.", "\n"), voice))[0] == [3]
    assert voice.asked == [["Good day."], ["\nYour name?"], ["Hi."]]


@pytest.mark.parametrize("whole", [True, False])
async def test_a_voice_that_refuses_is_asked_again(whole):
    """All words are spoken, once, where the early request has failed."""
    voice = Voice(refuses=True)
    ahead = await asked_early(voice, Words().come("Good ", whole=whole))
    lengths, _ = await heard(ahead, Words().come("Good ", "day."), voice)
    assert lengths == [5, 4]
    assert voice.asked == [[], ["Good ", "day."]]


async def test_a_caller_who_cuts_in_stops_the_voice():
    """Nothing is asked any more once who listens has gone."""
    voice = Voice()
    ahead = await asked_early(voice, Words().come("Good ", whole=False))
    async with aclosing(ahead.frames(Words().come("Good ", whole=False), voice.speak)) as frames:
        assert (await anext(frames)).samples_per_channel == 5
    assert voice.closed == 1
    assert len(asyncio.all_tasks()) == 1


async def test_nobody_comes():
    """What nobody wants is let go."""
    voice = Voice()
    ahead = await asked_early(voice, Words().come("Good ", whole=False))
    await ahead.aclose()
    assert voice.closed == 1
    assert len(asyncio.all_tasks()) == 1
