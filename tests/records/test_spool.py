"""What waits for the database outlives its writer, and is bounded."""

from __future__ import annotations

import pytest
from support.noted import talk

from runner.records.spool import Noted, RecordSpool


@pytest.fixture
def spool(tmp_path):
    """An empty one."""
    made = RecordSpool(tmp_path)
    yield made
    made.close()


def put(spool, name="s1", *, over=True):
    """Have it keep a session."""
    return spool.add([Noted(name, tuple(talk(name)), over)])


def test_what_is_over_is_ready_with_all_its_notes(spool):
    """What goes on is not."""
    put(spool)
    put(spool, "s2", over=False)
    assert spool.ready(9) == {"s1": talk("s1")}
    assert spool.counts() == {"open": 1, "ready": 1, "refused": 0}


def test_what_comes_while_it_is_stored_stays(spool):
    """Only what the database has is forgotten."""
    put(spool)
    ready = spool.ready(9)
    late = talk("s1")[-1:]
    spool.add([Noted("s1", tuple(late), over=True)])
    spool.stored(ready)
    assert spool.ready(9) == {"s1": late}
    spool.stored(spool.ready(9))
    assert spool.ready(9) == {}


def test_a_dead_runner_leaves_its_sessions_to_others(tmp_path, spool):
    """Those that were on are over; those of a runner that lives are its own."""
    dead, alive = RecordSpool(tmp_path), RecordSpool(tmp_path)
    put(dead, "s1", over=False)
    put(dead, "s2")
    put(alive, "s3")
    dead._held.close()  # its lock goes with its process
    assert spool.adopt() == ["s1"]
    assert set(spool.ready(9)) == {"s1", "s2"}
    dead.close()
    alive.close()


def test_it_is_bounded(tmp_path):
    """What there is no room for is counted; there is room again once something is stored."""
    small = RecordSpool(tmp_path, largest=100_000)
    lost = sum(put(small, f"s{n}") for n in range(400))
    assert lost > 0
    while ready := small.ready(50):
        small.stored(ready)
    assert put(small, "last") == 0
    small.close()


def test_what_the_database_refuses_stands_aside(spool):
    """It does not stop the others, and is not lost."""
    put(spool)
    spool.refused("s1")
    assert spool.ready(9) == {}
    assert spool.counts()["refused"] == 1
    assert spool.notes("s1") == talk("s1")


def test_what_was_stored_leaves_nothing_on_the_disk(tmp_path, spool):
    """Words that wait may be part of a number which only the whole talk tells to be one."""
    spool.add([Noted("s1", tuple(talk("s1", said="marigold " * 2000)), over=True)])
    stays = talk("s2", said="tulip")
    spool.add([Noted("s2", tuple(stays), over=True)])
    spool.stored({"s1": spool.ready(9)["s1"]})
    assert spool.ready(9) == {"s2": stays}
    spool.stored(spool.ready(9))
    everything = b"".join(f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())
    assert b"marigold" not in everything
    assert b"tulip" not in everything
