"""The sound of a call: LiveKit's recorder, begun when it may, and given up when it must."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import av
import numpy as np
import pytest

from runner.session.speech import recorder
from runner.session.speech.ends import Ear, Mouth
from runner.session.speech.recorder import CallSound
from runner.session.speech.samples import TICK


def session():
    """The two ends of a call."""
    return SimpleNamespace(
        input=SimpleNamespace(audio=Ear()), output=SimpleNamespace(audio=Mouth())
    )


async def say(call, ear):
    """Have the agent hear a little."""
    ear.hear(np.full(TICK, 9000, np.int16))
    await call.input.audio.__anext__()


def packets(file):
    """How many packets of sound are in a file."""
    with av.open(str(file)) as opened:
        return sum(1 for packet in opened.demux(audio=0) if packet.size)


async def test_nothing_is_kept_before_it_may_be(tmp_path):
    """Between attaching and beginning there is no file; afterwards what was heard is in it."""
    file, call = tmp_path / "recordings" / "x.part", session()
    ear, sound = call.input.audio, CallSound(file, lambda: False)
    sound.attach(call)
    await say(call, ear)
    assert not file.exists()
    await sound.begin()
    await say(call, ear)
    await sound.close()
    assert packets(file) > 0
    assert file.stat().st_mode & 0o777 == 0o600


async def test_what_is_private_is_not_recorded(tmp_path):
    """As long as something private is asked for, LiveKit's recorder is told that it does not."""
    private, call = [False], session()
    sound = CallSound(tmp_path / "x.part", lambda: private[0])
    sound.attach(call)
    await sound.begin()
    assert sound._recorder.recording
    private[0] = True
    assert not sound._recorder.recording
    await sound.close()


@pytest.mark.parametrize("trouble", ["full", "large", "gone"])
async def test_a_disk_that_takes_no_more_ends_only_the_sound(
    tmp_path, monkeypatch, caplog, trouble
):
    """Only the sound ends: that is told in words, and the call hears as before."""
    monkeypatch.setattr(recorder, "_LOOK", 0.0)
    file, call = tmp_path / "x.part", session()
    ear, sound = call.input.audio, CallSound(file, lambda: False)
    sound.attach(call)
    await sound.begin()
    if trouble == "full":
        monkeypatch.setattr(recorder, "LEAST_FREE", 1 << 62)
    elif trouble == "large":
        monkeypatch.setattr(recorder, "LARGEST", 0)
    else:
        file.unlink()
    await asyncio.wait([sound._watching])
    assert "the sound of the call is kept no more" in caplog.text
    await say(call, ear)
    await sound.close()


async def test_a_disk_that_is_full_before(tmp_path, monkeypatch, caplog):
    """Nothing is begun, and the call goes on."""
    monkeypatch.setattr(recorder, "LEAST_FREE", 1 << 62)
    call = session()
    ear, sound = call.input.audio, CallSound(tmp_path / "x.part", lambda: False)
    sound.attach(call)
    await sound.begin()
    assert "the disk is full" in caplog.text
    await say(call, ear)
    await sound.close()


async def test_a_folder_that_cannot_be_made(tmp_path, caplog):
    """A file where the folder should be is told, and the call goes on."""
    (tmp_path / "recordings").write_text("a file")
    call = session()
    sound = CallSound(tmp_path / "recordings" / "x.part", lambda: False)
    sound.attach(call)
    await sound.begin()
    assert "the sound of the call is kept no more" in caplog.text
    await sound.close()


async def test_a_call_that_hears_or_speaks_not(tmp_path):
    """Without one of the two ends there is nothing to keep."""
    call = session()
    call.output.audio = None
    sound = CallSound(tmp_path / "x.part", lambda: False)
    sound.attach(call)
    await sound.begin()
    await sound.close()
    assert not (tmp_path / "x.part").exists()
