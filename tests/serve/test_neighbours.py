"""Which runners of a machine and folder have died."""

from __future__ import annotations

import os
import signal

import pytest

from runner.serve.control import Enlisted
from runner.serve.releases.archive import Archive
from runner.serve.workers.neighbours import Neighbours


@pytest.fixture
def archive(folder, tmp_path):
    """The archive of the folder."""
    return Archive(folder, tmp_path / "state" / "archive")


@pytest.fixture
def mine(archive, short):
    """A runner that looks at the others."""
    enlisted, neighbours = Enlisted(archive, short / "calls"), Neighbours(archive)
    neighbours.enlisted(enlisted.path)
    yield neighbours
    enlisted.leave()


@pytest.fixture
def other(archive, short):
    """Another process that is a runner; gives its process id and how it is known."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            neighbours, enlisted = Neighbours(archive), Enlisted(archive, short / "calls")
            neighbours.enlisted(enlisted.path)
            os.write(writing, neighbours.own.encode())
            signal.pause()
        finally:
            os._exit(9)
    name = os.read(reading, 200).decode()
    yield child, name
    os.close(reading)
    os.close(writing)


def test_who_is_killed_is_dead_at_once(mine, other):
    """The next look says so, once; whoever lives is not dead, and neither am I."""
    pid, name = other
    mine.look()
    assert not mine.is_dead(name)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert mine.look()
    assert mine.is_dead(name)
    assert not mine.look()
    assert not mine.is_dead(mine.own)


@pytest.mark.parametrize("name", [None, "", "elsewhere-1-abc", "x"])
def test_who_is_somewhere_else_is_not_known_to_be_dead(mine, name):
    """Only LiveKit knows of runners of other machines, users, folders and containers."""
    mine.look()
    assert not mine.is_dead(name)


def test_a_runner_that_was_never_seen_alive_is_dead(mine):
    """It died before this one began: what it left in rooms is taken over as well."""
    place = mine.own.partition("-")[0]
    assert mine.is_dead(f"{place}-77-gone")


def test_without_an_archive_nobody_is_known():
    """And nobody knows this one."""
    alone = Neighbours(None)
    assert (alone.look(), alone.own, alone.is_dead("a-b")) == (False, None, False)
