"""The parent's side of `probe`: starts it, reads its answers, survives what a plugin does."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BUDGET = 30.0
"""Seconds that one plugin may take to be imported and asked."""

_KEPT = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TEMP", "TMPDIR", "TZ")
_PIECE = 65536


class ProbeError(RuntimeError):
    """The child could not start at all: a fault of the installation, not of a plugin."""


def ask(
    jobs: Sequence[dict[str, Any]], paths: Sequence[str], budget: float = BUDGET
) -> list[dict[str, Any]]:
    """Have all jobs answered by one child; another one follows only where a plugin brings it down.

    Args:
        jobs: as `probe.answer` takes them.
        paths: import paths of the child.
        budget: seconds for each job.

    Returns:
        An answer for each job, as `probe.answer` gives it.

    Raises:
        ProbeError: the child ended before its first job.
    """
    answers: list[dict[str, Any]] = []
    while len(answers) < len(jobs):
        answers.extend(_round(jobs[len(answers) :], paths, budget))
    return answers


def _round(
    jobs: Sequence[dict[str, Any]], paths: Sequence[str], budget: float
) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder, _started(paths, folder) as child:
        with contextlib.suppress(BrokenPipeError):
            _send(child, jobs)
        begun = False
        for line in _lines(child, budget):
            message = _read(line)
            begun = begun or "job" in message
            if "answer" in message:
                answers.append(message["answer"])
            if len(answers) == len(jobs):
                return answers
        if not begun and child.poll() is not None:
            raise ProbeError(_complaint(folder))
        code = child.poll()
    answers.append({"failed": {"code": "E404", "message": _ending(code, budget)}, "passing": True})
    return answers


@contextlib.contextmanager
def _started(paths: Sequence[str], folder: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    with open(f"{folder}/stderr", "wb") as complaints:  # noqa: PTH123 - folder is a plain text here
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "runner.providers.probe"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints,
            env=environment, cwd=folder, start_new_session=True,
        )  # fmt: skip
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


def _send(child: subprocess.Popen[bytes], jobs: Sequence[dict[str, Any]]) -> None:
    if child.stdin:
        child.stdin.write(json.dumps(list(jobs), default=str).encode())
        child.stdin.close()


def _lines(child: subprocess.Popen[bytes], budget: float) -> Iterator[bytes]:
    """The child's lines until it ends or `budget` passes without one."""
    if child.stdout is None:
        return
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        buffered, deadline = b"", time.monotonic() + budget
        while (left := deadline - time.monotonic()) > 0:
            if not selector.select(left):
                return
            piece = os.read(child.stdout.fileno(), _PIECE)
            if not piece:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(left)
                return
            *lines, buffered = (buffered + piece).split(b"\n")
            if lines:
                deadline = time.monotonic() + budget
            yield from lines


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
