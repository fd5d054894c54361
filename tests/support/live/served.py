"""`lkrun serve` as a subprocess, its events, and what it leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[3]

Event = dict[str, Any]

BARE = (
    "Traceback (most recent call last)",
    "panicked at",
    "Exception in callback",
    "never retrieved",
)
"""What nobody who only wrote YAML may be shown."""


class Served:
    """A running `lkrun serve`.

    Attributes:
        code: what it ends with.

    Args:
        folder: what is served.
        env: more of the environment.
        runtime: an empty directory in which it may keep its files while it runs.
        arguments: more of the command line.
    """

    def __init__(
        self, folder: Path, env: Mapping[str, str], runtime: Path, arguments: tuple[str, ...]
    ) -> None:
        """Start it; what it writes is read in a thread of its own."""
        self.runtime = runtime
        self._data = tempfile.mkdtemp(prefix="lk-data-")
        self.code = 0
        self.events: list[Event] = []
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._silent = False
        surroundings = {
            "PATH": os.environ["PATH"],
            "HOME": str(runtime),
            "XDG_RUNTIME_DIR": str(runtime),
            "PYTHONPATH": str(ROOT),
            **env,
        }
        command = [
            "serve",
            str(folder.resolve()),
            "--log-format",
            "json",
            "--port",
            "0",
            *arguments,
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "runner", *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", env=surroundings, cwd=self._data,
            start_new_session=True,
        )  # fmt: skip
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    @property
    def http(self) -> str:
        """The address of its page."""
        return str(self.named("ready")[0]["http"])

    def named(self, name: str, **fields: Any) -> list[Event]:
        """The events of a name so far, those with these fields."""
        return [
            event
            for event in list(self.events)
            if event["event"] == name and all(event.get(k) == v for k, v in fields.items())
        ]

    async def event(self, name: str, *, within: float = 45.0, nth: int = 1, **fields: Any) -> Event:
        """Wait for an event, or for the nth of its kind."""
        entries = await self.until(lambda: self.named(name, **fields)[nth - 1 : nth], within)
        assert entries, f"no '{name}' {fields or ''} within {within} s\n{self.told()}"
        return entries[0]

    async def until(self, look: Callable[[], Any], within: float) -> Any:
        """What `look` sees at last, looked at whenever something was written."""
        return await asyncio.to_thread(self._until, look, within)

    def processes(self) -> list[psutil.Process]:
        """All that belongs to it: what it started lives in its session."""
        entries = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
                if os.getsid(process.pid) == self.process.pid and process.status() != "zombie":
                    entries.append(process)
        return entries

    def jobs(self) -> set[int]:
        """The processes of calls: children of the fork server, itself a child of main."""
        entries = self.processes()
        servers = {p.pid for p in entries if _parent(p) == self.process.pid}
        return {p.pid for p in entries if _parent(p) in servers}

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def ctrl_c(self) -> None:
        """Press Ctrl-C at its terminal: all its processes get that."""
        os.killpg(self.process.pid, signal.SIGINT)

    async def ended(self, within: float) -> int:
        """Its exit code, once it has ended."""
        return await asyncio.to_thread(self.process.wait, within)

    async def left(self, within: float = 5.0) -> list[str]:
        """The processes that are still there when it has ended and a little time has passed."""
        return await asyncio.to_thread(self._left, within)

    def stop(self, within: float = 15.0) -> None:
        """End it and all its processes, and hold it to what must be true of every run."""
        if self.process.poll() is None:
            self.process.terminate()
            self._until(lambda: self.named("draining"), 5)
            self.process.terminate()  # LiveKit tells a job after seconds that its caller has left
        try:
            code: int | None = self.process.wait(within)
        except subprocess.TimeoutExpired:
            code = None
        left = self._left(5.0)
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.process.wait()
        shutil.rmtree(self._data, ignore_errors=True)  # it has worked there until now
        self._reading.join(5)
        assert self.process.stderr is not None
        self.process.stderr.close()
        assert code is not None, f"it does not end\n{self.told()}"
        assert code == self.code, f"it ended with {code}\n{self.told()}"
        assert not left, f"processes were left: {left}\n{self.told()}"
        assert not list(self.runtime.glob("lkrun-*")), "its runtime directory was left"
        shown = [line for line in self.lines if any(words in line for words in BARE)]
        assert not shown, f"a traceback was shown: {shown[0][:2000]}\n{self.told()}"
        odd = [line for line in self.lines if not line.startswith("{")]
        assert not odd, f"lines of stderr are no events: {odd[:5]}"

    def told(self) -> str:
        """The last that it wrote."""
        return "runner said:\n" + "\n".join(line[:400] for line in self.lines[-40:])

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                with contextlib.suppress(ValueError):
                    self.events.append(json.loads(line))
                self._news.notify_all()
        with self._news:
            self._silent = True
            self._news.notify_all()

    def _until(self, look: Callable[[], Any], within: float) -> Any:
        with self._news:
            self._news.wait_for(lambda: look() or self._silent, within)
        return look()

    def _left(self, within: float) -> list[str]:
        deadline = time.monotonic() + within
        between = threading.Event()
        while (entries := self.processes()) and time.monotonic() < deadline:
            between.wait(0.05)
        return [_described(process) for process in entries]


def _parent(process: psutil.Process) -> int | None:
    with contextlib.suppress(psutil.Error):
        return process.ppid()
    return None


def _described(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return f"{process.pid} {' '.join(process.cmdline())[:120]}"
    return str(process.pid)
