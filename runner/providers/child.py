"""The parent's side of `probe`: starts it, reads its answers, survives what a plugin does.

It works on Windows too: a thread reads the pipe, since only sockets can be waited for there.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from runner.child_environment import HELD_BACK, held_back, passed_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BUDGET = 30.0
"""Seconds that one plugin may take to be imported and asked."""

START = 120.0
"""Seconds in which a child begins to ask: what an interpreter takes on a busy machine."""

_TOO_SLOW = {
    "code": "E404",
    "message": f"the process that asks plugins did not start within {START:g} seconds",
    "help": "try again: this machine is very busy",
}

_LAST = 5.0
"""Seconds in which a pipe ends after the process at its other end."""


class ProbeError(RuntimeError):
    """The child could not start at all: a fault of the installation, not of a plugin."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a child has from its start.

    Attributes:
        paths: its import paths.
        env: the environment of which it sees a part.
        further: the names of variables that it sees besides.
    """

    paths: Sequence[str]
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)
    further: frozenset[str] = frozenset()

    def environment(self) -> dict[str, str]:
        """Its environment."""
        seen = passed_on(self.env, self.further, check=True)
        paths = os.pathsep.join(path for path in self.paths if path)
        return {**seen, HELD_BACK: held_back(self.env, seen), "PYTHONPATH": paths}


def ask(
    jobs: Sequence[dict[str, Any]], given: Given, budget: float = BUDGET
) -> list[dict[str, Any]]:
    """Have all jobs answered by one child; another one follows only where a plugin brings it down.

    Args:
        jobs: as `probe.answer` takes them.
        given: what the child has from its start.
        budget: seconds for each job.

    Returns:
        An answer for each job, as `probe.answer` gives it.

    Raises:
        ProbeError: the child ended before its first job.
    """
    answers: list[dict[str, Any]] = []
    while len(answers) < len(jobs):
        answers.extend(_round(jobs[len(answers) :], given, budget))
    return answers


def _round(jobs: Sequence[dict[str, Any]], given: Given, budget: float) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder, _started(given, folder) as child:
        with contextlib.suppress(BrokenPipeError):
            _send(child.process, jobs)
        begun = False
        for line in child.written(budget):
            message = _read(line)
            begun = begun or "job" in message
            if "answer" in message:
                answers.append(message["answer"])
            if len(answers) == len(jobs):
                return answers
        code = child.process.poll()
        if not begun and code is not None:
            raise ProbeError(_complaint(folder))
    if not begun:
        return [{"failed": _TOO_SLOW} for _ in jobs]
    failed = {"code": "E404", "message": _ending(code, budget)}
    if code is None:
        failed["help"] = "try again: this machine may have been busy; else update the plugin"
    answers.append({"failed": failed, "passing": True})
    return answers


@dataclass(frozen=True, slots=True)
class _Child:
    """A child, and what it has written: line by line, and None at the end."""

    process: subprocess.Popen[bytes]
    lines: queue.SimpleQueue[bytes | None]

    def written(self, budget: float) -> Iterator[bytes]:
        """Its lines until it ends or, once it has begun, `budget` passes without one."""
        patience = START
        with contextlib.suppress(queue.Empty):
            while (line := self.lines.get(timeout=patience)) is not None:
                patience = budget
                yield line
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(budget)


@contextlib.contextmanager
def _started(given: Given, folder: str) -> Iterator[_Child]:
    with open(f"{folder}/stderr", "wb") as complaints:  # noqa: PTH123 - folder is a plain text here
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "runner.providers.probe"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints,
            env=given.environment(), cwd=folder, start_new_session=True,
        )  # fmt: skip
    started = _Child(child, queue.SimpleQueue())
    reader = threading.Thread(target=_read_all, args=(child.stdout, started.lines), daemon=True)
    reader.start()
    try:
        yield started
    finally:
        _kill(child)
        child.wait()
        reader.join(_LAST)
        if child.stdin:
            with contextlib.suppress(OSError):
                child.stdin.close()


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End it, and where the system has groups of processes, all that a plugin started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()


def _send(child: subprocess.Popen[bytes], jobs: Sequence[dict[str, Any]]) -> None:
    if child.stdin:
        child.stdin.write(json.dumps(list(jobs), default=str).encode())
        child.stdin.close()


def _read_all(pipe: IO[bytes], lines: queue.SimpleQueue[bytes | None]) -> None:
    """Hand on each line, then None; whoever reads a pipe closes it."""
    with pipe:
        for line in pipe:
            lines.put(line)
    lines.put(None)


def _read(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _ending(code: int | None, budget: float) -> str:
    if code is None:
        return f"it did not come back within {budget:g} seconds"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"it crashed ({signal.Signals(-code).name})"
    return f"it ended the process that was asking it (exit code {code})"


def _complaint(folder: str) -> str:
    with open(f"{folder}/stderr", encoding="utf-8", errors="replace") as complaints:  # noqa: PTH123 - as above
        lines = complaints.read().strip().splitlines()
    return lines[-1] if lines else "the process that asks plugins could not start"
