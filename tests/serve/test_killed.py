"""Killed at any step of a write: what is left is the old release or the new one, never half."""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import signal
import sys
import textwrap
from functools import partial
from pathlib import Path

import pytest

from runner.cache import Cache
from runner.compiler import Compiler
from runner.serve.releases.archive import Archive
from runner.serve.releases.served import Releases
from runner.serve.releases.shelf import Shelf
from runner.serve.releases.store import Store

FOLDER = """\
    agents:
      desk:
        start: host
        mode: text
        llm: openai/gpt-4.1-mini
      shop:
        start: seller
        mode: text
        llm: openai/gpt-4.1-mini
    personas:
      host:
        instructions: LONG You are WHO.
      seller:
        instructions: You sell.
"""
STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.listdir", "fcntl.flock"}
"""Audit events (https://docs.python.org/3/library/audit_events.html): each stands before a step."""

WRITING = ("_write", "_flush")
"""Functions of the shelf of which each line is a step, too: what they do has no audit event."""

KILLED = 86


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Three releases of one folder; one agent is the same in all."""
    folder = tmp_path_factory.mktemp("folder")
    cache = Cache(tmp_path_factory.mktemp("cache"))
    lock_is_there = []
    for who in ("one", "two", "three"):
        (folder / "a.yaml").write_text(
            textwrap.dedent(FOLDER.replace("WHO", who).replace("LONG", "Be kind. " * 100))
        )
        lock_is_there.append(Compiler(folder, env={}, cache=cache).compile().release)
    return lock_is_there


def kill_at(step):
    """End this process at a step, counted from 1: at once, as `kill -9` does."""
    left = itertools.count(step - 1, -1)

    def count():
        if next(left) == 0:
            os._exit(KILLED)

    def follow(frame, event, _):
        if frame.f_code.co_name not in WRITING or not frame.f_code.co_filename.endswith("shelf.py"):
            return None
        if event == "line":
            count()
        return follow

    sys.addaudithook(lambda event, _: count() if event in STEPS else None)
    sys.settrace(follow)


def in_child(work):
    """Do something in a child process; its exit code, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1 if sys.exc_info()[0] else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def at_each_step(work, check):
    """Do something again and again, killed one step later each time, until it gets through."""
    for step in itertools.count(1):
        code = in_child(partial(work, partial(kill_at, step)))
        assert code in (0, KILLED)
        check(code == 0)
        if code == 0:
            return step
    raise AssertionError


def names(folder):
    """The names of all that is in a folder."""
    return {path.name for path in folder.iterdir()}


def test_an_archive_is_whole_at_any_step(compiled, tmp_path):
    """The current release is the old or the new one, loads, and the next write leaves no trace."""
    old, new, third = compiled
    root = tmp_path / "state" / "archive"

    def work(arm):
        shutil.rmtree(root.parent, ignore_errors=True)
        archive = Archive(tmp_path, root)
        archive.keep(old, ["old"], keep=1)
        arm()
        archive.keep(new, ["new"], keep=1)

    def check(done):
        archive = Archive(tmp_path, root)
        current = archive.current()
        assert current in ((new.id,) if done else (old.id, new.id))
        assert archive.load(current) == (new if current == new.id else old)
        archive.keep(third, ["third"], keep=2)
        assert archive.current() == third.id
        rows = [row.id for row in archive.rows()]
        assert rows in ([third.id, new.id], [third.id, old.id])
        kept = [archive.load(row) for row in rows]
        agents = {f"{agent.digest}.json" for one in kept for agent in one.agents.values()}
        assert names(root / "agents") == agents
        assert names(root / "releases") == {f"{row}.json" for row in rows}
        assert names(root) == {"agents", "releases", "current", "lock"}

    assert at_each_step(work, check) > 50


def test_a_first_release_is_whole_at_any_step(compiled, tmp_path):
    """An archive that was never finished is empty, or has its release."""
    first, second, _ = compiled
    root = tmp_path / "state" / "archive"

    def work(arm):
        shutil.rmtree(root.parent, ignore_errors=True)
        arm()
        Archive(tmp_path, root).keep(first, [])

    def check(done):
        archive = Archive(tmp_path, root)
        assert archive.current() in ((first.id,) if done else (None, first.id))
        archive.keep(second, [])
        assert archive.load(second.id) == second

    assert at_each_step(work, check) > 30


def test_a_store_is_whole_at_any_step(compiled, short):
    """The pointer names a release that is there, and the next runner starts and tidies up."""
    old, new, _ = compiled
    env = {"XDG_RUNTIME_DIR": str(short)}

    def work(arm):
        arm()
        store = Store.create(env)
        releases = Releases(store, old)
        releases.pin("a call")
        releases.swap(new)
        releases.unpin(old.id, "a call")

    def check(done):
        (root,) = short.iterdir()
        shelf = Shelf(root, durable=False)
        pointed = shelf.pointed()
        assert pointed in ((new.id,) if done else (None, old.id, new.id))
        if pointed is not None:
            assert shelf.complete(shelf.manifest(pointed))
        lock_is_there = (root / "lock").exists()
        store = Store.create(env)
        Releases(store, new)
        assert root.exists() is not lock_is_there
        if not lock_is_there:  # killed before it had a lock by which it is found
            assert names(root) <= {".lock"}
            shutil.rmtree(root)
        store.destroy()

    def check_begun(done):
        if any(short.iterdir()):
            check(done)

    assert at_each_step(work, check_begun) > 80


@pytest.mark.parametrize("size", [0, 1, 100, 900])
def test_killed_in_the_middle_of_a_file(compiled, tmp_path, size):
    """Half a file never has a name: the system ends the process after so many bytes of it."""
    old, new, _ = compiled
    root = tmp_path / "archive"
    Archive(tmp_path, root).keep(old, [])

    def work():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        Archive(tmp_path, root).keep(new, [])

    assert in_child(work) == -signal.SIGXFSZ
    archive = Archive(tmp_path, root)
    assert archive.current() == old.id
    assert list(Path(root).rglob("*.new"))
    archive.keep(new, [])
    assert archive.load(archive.current()) == new
    assert not list(Path(root).rglob("*.new"))


@pytest.mark.parametrize("size", [1, 100, 900])
def test_a_file_that_may_not_grow(compiled, tmp_path, short, size):
    """A write that the system cuts off is an `OSError`, and leaves what was there before."""
    old, new, _ = compiled
    Archive(tmp_path, tmp_path / "archive").keep(old, [])

    def work():
        archive, releases = Archive(tmp_path, tmp_path / "archive"), Releases(Store(short), old)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        for write in (lambda: archive.keep(new, []), lambda: releases.swap(new)):
            with pytest.raises(OSError, match="File too large"):
                write()
        assert releases.current is old
        assert Path(releases.file(old.id, "desk")).read_text() == old.agents["desk"].to_json()
        for place in (archive.root, short):
            assert not list(place.rglob("*.new"))
            assert len(names(place / "agents")) == len(old.agents)

    assert in_child(work) == 0
    assert Archive(tmp_path, tmp_path / "archive").current() == old.id
