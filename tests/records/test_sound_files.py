"""Files with the sound of calls: taken over with the record, or cleanly dropped."""

from __future__ import annotations

import os
import time

import pytest

from runner.records import sound_files

SOUND = b"".join(b"OggS" + bytes(40) for _ in range(3))


def begun(folder, name="AJ_1", content=SOUND):
    """What the process of a call has left."""
    file = sound_files.unfinished(folder, name)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    return file


def test_what_was_written_is_taken_over(tmp_path):
    """It has the name of its session, and is found there again and again."""
    part = begun(tmp_path)
    assert sound_files.take(tmp_path, "AJ_1") == "AJ_1.ogg"
    assert sound_files.take(tmp_path, "AJ_1") == "AJ_1.ogg"
    assert sound_files.place(tmp_path, "AJ_1.ogg").read_bytes() == SOUND
    assert not part.exists()


@pytest.mark.parametrize("content", [b"", b"OggS" + bytes(40), SOUND[:88]])
def test_a_file_without_sound_is_dropped(tmp_path, content):
    """A call that was killed, or left, before anything was heard leaves no file."""
    begun(tmp_path, content=content)
    assert sound_files.take(tmp_path, "AJ_1") is None
    assert list((tmp_path / "recordings").iterdir()) == []


def test_a_call_without_sound(tmp_path):
    """Most agents keep none."""
    assert sound_files.take(tmp_path, "AJ_1") is None


@pytest.mark.parametrize("session", ["../x", "a/b", "", "x" * 200, "ü", "a\0b"])
def test_a_strange_name_is_no_file(tmp_path, session):
    """No id leads out of the folder."""
    assert sound_files.unfinished(tmp_path, session) is None
    assert sound_files.take(tmp_path, session) is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b.ogg"])
def test_a_record_names_no_other_file(tmp_path, name):
    """What stands in the database leads nowhere else."""
    assert sound_files.place(tmp_path, name).parent == tmp_path / "recordings"


def test_what_nobody_takes_is_forgotten(tmp_path):
    """A file that is a day old and belongs to no call goes; a young one, and whole ones, stay."""
    old, new = begun(tmp_path, "AJ_old"), begun(tmp_path, "AJ_new")
    whole = sound_files.place(tmp_path, "AJ_2.ogg")
    whole.write_bytes(SOUND)
    for file in (old, whole):
        os.utime(file, (time.time() - 90_000,) * 2)
    sound_files.forget_unfinished(tmp_path)
    assert (old.exists(), new.exists(), whole.exists()) == (False, True, True)
