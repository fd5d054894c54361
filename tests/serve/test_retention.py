"""What is older than its agent keeps it goes: words, what a search finds, and the sound."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest
from support.noted import talk

from runner.records import reading, sound_files
from runner.records.address import address_of
from runner.records.database import Database
from runner.records.reading import RecordQuery
from runner.records.spool import Noted, RecordSpool
from runner.secret import Secret
from runner.serve.records.storing import Storing

SOUND = b"".join(b"OggS" + bytes(40) for _ in range(3))
DAY = 86_400.0


@pytest.fixture
def place(tmp_path):
    """Where records are kept."""
    database = Database(address_of(Secret("sqlite:///records.db"), tmp_path))
    yield SimpleNamespace(
        data_dir=tmp_path, keep=30 * DAY, begun=lambda: True, database=lambda: database
    )
    database.close()


def test_sound_and_words_go_together(tmp_path, place):
    """Of two calls with sound the one whose days are over is gone, and nothing of it is left."""
    spool = RecordSpool(tmp_path)
    now = time.time()
    for name, days in (("AJ_old", 3), ("AJ_new", 0)):
        notes = talk(name, at=now - days * DAY - 100, said=f"marigold of {name}", keep=2 * DAY)
        spool.add([Noted(name, tuple(notes), over=True)])
        part = sound_files.unfinished(tmp_path, name)
        part.parent.mkdir(exist_ok=True)
        part.write_bytes(SOUND)
    there = threading.Event()
    storing = Storing(spool, place, lambda _: None, lambda _: there.set())
    assert there.wait(30)
    storing.stop(30)  # it looks once more for what is old
    kept = reading.page(place.database(), RecordQuery(words="marigold")).records
    assert [(each["id"], each["audio"]) for each in kept] == [("AJ_new", True)]
    assert [file.name for file in (tmp_path / "recordings").iterdir()] == ["AJ_new.ogg"]
    assert reading.one(place.database(), "AJ_old") is None
    spool.close()
    place.database().close()
    said = b"marigold of AJ_old"
    assert not any(said in f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())
