"""Releases over restarts, crashes and saves: with `lkrun serve` as a person runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from cli.conftest import MEASURED, ROOT

pytestmark = pytest.mark.timeout(150)  # servers start and commands run, one after another

TEXT = """\
agents:
  desk:
    start: host
    mode: text
    llm: brain
personas:
  host:
    instructions: x
    greeting:
      say: GREETING
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: Hello.
"""


def save(folder, greeting):
    """Write the folder's file."""
    (folder / "a.yaml").write_text(TEXT.replace("GREETING", greeting))


class Server:
    """A running `lkrun serve`, whose log is read event by event."""

    def __init__(self, process):
        self.process = process

    def event(self, name, **fields):
        """The next event of this name with these fields."""
        for line in self.process.stderr:
            answer = json.loads(line)
            if answer["event"] == name and fields.items() <= answer.items():
                return answer
        pytest.fail(f"the server ended without {name}")

    def end(self, number):
        """End it by a signal."""
        self.process.send_signal(number)
        self.process.stderr.read()
        return self.process.wait(20)


@pytest.fixture
def serve(folder, tmp_path):
    """Start `lkrun serve`."""

    @contextmanager
    def start(*arguments):
        command = [
            sys.executable,
            "-m",
            "runner",
            "--log-format",
            "json",
            "serve",
            str(folder.resolve()),
        ]
        process = subprocess.Popen(
            [*command, "--port", "0", *arguments],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "LKRUN_CACHE_DIR": str(tmp_path / "cache"),
                "PYTHONPATH": str(ROOT),
                **MEASURED,
            },
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield Server(process)
        finally:
            process.kill()
            process.wait()
            process.stderr.close()

    return start


@pytest.fixture
def kept(lkrun, folder):
    """What `lkrun releases` lists, once so many are kept."""

    def rows(count):
        for _ in range(100):
            listed = json.loads(lkrun("releases", folder, "--format", "json").stdout)
            if len(listed) == count:
                return listed
        return pytest.fail(f"{count} releases were never kept")

    return rows


def test_the_last_good_release_after_a_crash(lkrun, folder, serve, kept):
    """Killed, and the files broken: only `--last-good` starts, with what was served last."""
    save(folder, "One.")
    with serve() as server:
        server.event("ready")
        kept(1)
        save(folder, "Two.")
        good = server.event("reload", result="ok")["release"]
        assert kept(2)[0]["id"] == good
        server.end(signal.SIGKILL)
    assert [row["served"] for row in kept(2)] == [False, False]
    (folder / "a.yaml").write_text("agents: [")
    with serve() as server:
        assert server.process.wait(20) == 1
    with serve("--last-good") as server:
        assert server.event("last_good")["release"] == good
        assert server.event("ready")["release"] == good
        save(folder, "Three.")
        assert server.event("reload", result="ok")["release"] != good
        assert server.end(signal.SIGTERM) == 0
    assert lkrun("diff", good, folder).stdout == (
        "desk\n  callers of desk hear a new greeting from host: \u201cThree.\u201d\n"
    )


def test_going_back_until_the_files_change(lkrun, folder, serve, kept):
    """An older release is served again; what is saved next is served in its place."""
    save(folder, "One.")
    with serve() as server:
        first = server.event("ready")["release"]
        kept(1)
        save(folder, "Two.")
        second = server.event("reload", result="ok")["release"]
        kept(2)
        done = lkrun("rollback", first[:6], folder)
        assert (done.returncode, done.stderr) == (0, "")
        assert "hear a new greeting from host: \u201cOne.\u201d" in done.stdout
        assert server.event("reload", result="ok")["release"] == first
        assert [row["id"] for row in kept(2) if row["served"]] == [first]
        (folder / "b.yaml").write_text("# the files still say what they said before\n")
        assert server.event("reload", result="unchanged")["release"] == first
        save(folder, "Three.")
        third = server.event("reload", result="ok")["release"]
        assert [row["id"] for row in kept(3)] == [third, first, second]
        assert server.end(signal.SIGTERM) == 0
