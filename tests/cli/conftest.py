"""Running the command as a person does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.standing import archive_of

ROOT = Path(__file__).parents[2]
MEASURED = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
"""What coverage needs to measure the processes that tests start."""


@pytest.fixture
def lkrun(tmp_path):
    """Run `lkrun` in a process of its own; gives the finished process."""

    def run(*arguments, stdin="", cwd=ROOT, env=None):
        surroundings = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LKRUN_CACHE_DIR": str(tmp_path / "cache"),
            "PYTHONPATH": str(ROOT),
            **MEASURED,
            **(env or {}),
        }
        return subprocess.run(
            [sys.executable, "-m", "runner", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=cwd,
            env=surroundings,
            timeout=50,
            check=False,
        )

    return run


@pytest.fixture
def folder(tmp_path):
    """An empty configuration folder."""
    path = tmp_path / "agents.d"
    path.mkdir()
    return path


@pytest.fixture
def archive(folder, tmp_path):
    """The archive that `lkrun` uses for the folder."""
    return archive_of(folder, tmp_path)


@pytest.fixture
def start_chat(tmp_path):
    """Starts `lkrun chat --with-reload` on a folder; it is ended with the test."""
    running = []

    def begin(folder, *options, env=None, **streams):
        surroundings = {
            **os.environ,
            "LKRUN_CACHE_DIR": str(tmp_path / "cache"),
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm",
            "NO_COLOR": "1",
            **(env or {}),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "runner", "chat", str(folder), "--with-reload", *options],
            env=surroundings,
            cwd=ROOT,
            **streams,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()
        for stream in filter(None, (process.stdin, process.stdout)):
            stream.close()


class ProgramsChat:
    """The conversation of a program: lines in, objects out."""

    def __init__(self, process):
        self._process = process

    def say(self, line):
        """Write a line."""
        self._process.stdin.write(line + "\n")

    def until(self, **wanted):
        """Read up to an event."""
        for line in self._process.stdout:
            event = json.loads(line)
            if wanted.items() <= event.items():
                return event
        raise AssertionError(f"it ended without {wanted}")

    def ends(self):
        """Hang up; gives the events that were left, and the exit code."""
        self._process.stdin.close()
        rest = [json.loads(line) for line in self._process.stdout]
        self._process.stdout.close()
        return rest, self._process.wait(20)


@pytest.fixture
def follow(start_chat):
    """Begin the conversation of a program on a folder that is followed."""

    def begin(folder, env=None):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        return ProgramsChat(
            start_chat(folder, "--format", "json", env=env, text=True, bufsize=1, **pipes)
        )

    return begin
