"""The programs that are measured, and what they need: each is started here, and ended by its id."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from aiohttp import web
from livekit import api
from machine import tree

ROOT = Path(__file__).resolve().parent.parent
KEY, SECRET = "benchmarkkey", "a secret of the benchmarks that is long enough"
HANDWRITTEN, LKRUN, LKRUN_TEXT = "handwritten", "desk", "desk_text"
_WRITTEN_PORT = "8791"
_PATIENCE = 60.0
_OWN_ENV = ("LIVEKIT_", "LKRUN_", "BENCH_")


def server_program() -> str:
    """Where LiveKit's server is."""
    found = os.environ.get("LKRUN_LIVEKIT_SERVER") or shutil.which("livekit-server")
    if found is None or not Path(found).exists():
        raise SystemExit("set LKRUN_LIVEKIT_SERVER to the path of LiveKit's server")
    return found


class Program:
    """A program that was started here, with what it writes to stderr and stdout.

    Attributes:
        lines: what it has written.
    """

    def __init__(self, command: list[str], env: Mapping[str, str], cwd: Path = ROOT) -> None:
        """Start it."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(_OWN_ENV)}
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command, env={**kept, **env}, cwd=cwd, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        self.lines: list[str] = []
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def tree(self) -> list[psutil.Process]:
        """It and all that it has started."""
        return tree(self.process.pid)

    @property
    def jobs(self) -> list[psutil.Process]:
        """The processes of calls, idle ones too: children of its forkserver."""
        return [
            job
            for each in self.tree[1:]
            if "forkserver" in _command(each)
            for job in each.children()
            if each.ppid() == self.process.pid
        ]

    def until(self, wanted: Callable[[str], bool], within: float = _PATIENCE) -> str:
        """Wait for a line."""

        def look() -> str | None:
            return next((line for line in self.lines if wanted(line)), None)

        with self._news:
            self._news.wait_for(lambda: look() or self.process.poll() is not None, within)
            found = look()
        if found is None:
            raise SystemExit("it did not start:\n" + "\n".join(self.lines[-20:]))
        return found

    def stop(self, within: float = 15.0) -> None:
        """End it and all its processes."""
        below = self.tree
        for _ in range(2):
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(within / 2)
        for each in below:
            with contextlib.suppress(psutil.Error):
                each.kill()
        self.process.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None  # noqa: S101 - it was asked for
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()


def _command(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline()[:4])
    return ""


class LiveKit(Program):
    """LiveKit's server on free ports of this machine."""

    def __init__(self) -> None:
        """Start it, and return when it answers."""
        self.port = _free(socket.SOCK_STREAM)
        config = {
            "port": self.port,
            "bind_addresses": ["127.0.0.1"],
            "keys": {KEY: SECRET},
            "log_level": "error",
            # or a hand-written worker loses calls when the machine is busy
            "agents": {"target_load": 2.0},
            "rtc": {
                "tcp_port": _free(socket.SOCK_STREAM),
                "udp_port": _free(socket.SOCK_DGRAM),
                "node_ip": "127.0.0.1",
                "use_external_ip": False,
            },
        }
        super().__init__([server_program(), "--config-body", json.dumps(config)], {})
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("LiveKit's server did not start:\n" + "\n".join(self.lines[-20:]))
            time.sleep(0.05)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """What workers need."""
        return {"LIVEKIT_URL": self.url, "LIVEKIT_API_KEY": KEY, "LIVEKIT_API_SECRET": SECRET}

    def _answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=2) as reply,
        ):
            return bool(reply.read() == b"OK")
        return False


def token(room: str, identity: str) -> str:
    """A caller's token."""
    made = api.AccessToken(KEY, SECRET).with_identity(identity).with_ttl(timedelta(hours=1))
    return str(made.with_grants(api.VideoGrants(room_join=True, room=room)).to_jwt())


class Handwritten(Program):
    """The hand-written worker, in production mode."""

    def __init__(self, env: Mapping[str, str], name: str = "worker.py") -> None:
        """Start it, and return when it is registered and its idle processes are there."""
        script = str(ROOT / "benchmarks" / "handwritten" / name)
        super().__init__([sys.executable, script, "start"], env)
        self.until(lambda line: "registered worker" in line)
        self.ready = time.monotonic() - self.started
        deadline = time.monotonic() + _PATIENCE
        while len(self.jobs) < _IDLE and time.monotonic() < deadline:
            time.sleep(0.05)


_IDLE = 2


class Lkrun(Program):
    """`lkrun serve` on a folder."""

    def __init__(self, folder: Path, env: Mapping[str, str], *arguments: str) -> None:
        """Start it, and return when it is ready."""
        # a short path: there is a unix socket in it
        self._runtime = tempfile.TemporaryDirectory(prefix="lkb-")
        own = {"XDG_RUNTIME_DIR": self._runtime.name, "LKRUN_CACHE_DIR": f"{folder}.cache"}
        command = ["serve", str(folder), "--port", "0", "--log-format", "json", *arguments]
        super().__init__([sys.executable, "-m", "runner", *command], {**own, **env})
        line = self.until(lambda line: '"event": "ready"' in line)
        self.ready = time.monotonic() - self.started
        self.http = str(json.loads(line)["http"])

    def events(self, name: str) -> list[dict[str, Any]]:
        """What it has logged of a kind."""
        found = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [event for event in found if event["event"] == name]

    def stop(self, within: float = 15.0) -> None:
        """End it."""
        super().stop(within)
        self._runtime.cleanup()


def folder(to: Path, port: int) -> Path:
    """Copy `calls.d`, with the service's port in it."""
    shutil.copytree(ROOT / "benchmarks" / "calls.d", to)
    for file in to.glob("*.yaml"):
        file.write_text(file.read_text().replace(_WRITTEN_PORT, str(port)))
    return to


@contextlib.asynccontextmanager
async def service() -> AsyncIterator[int]:
    """The service that the tool asks, in this process; gives its port."""

    async def slots(_: web.Request) -> web.Response:
        return web.json_response({"slots": ["nine", "eleven"]})

    app = web.Application()
    app.router.add_get("/slots/{day}", slots)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


@dataclass
class Stage:
    """LiveKit's server and both workers, all up."""

    livekit: LiveKit
    handwritten: Handwritten
    lkrun: Lkrun

    def worker(self, agent: str) -> Program:
        """Whose agent this is."""
        return self.handwritten if agent == HANDWRITTEN else self.lkrun


@contextlib.asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Start everything, and end it."""
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        async with service() as port:
            livekit = await asyncio.to_thread(LiveKit)
            stack.callback(livekit.stop)
            env = {**livekit.env, "BENCH_SERVICE": f"http://127.0.0.1:{port}"}
            by_hand = await asyncio.to_thread(Handwritten, env)
            stack.callback(by_hand.stop)
            ours = await asyncio.to_thread(Lkrun, folder(Path(scratch) / "calls", port), env)
            stack.callback(ours.stop)
            yield Stage(livekit, by_hand, ours)


def run(work: Coroutine[Any, Any, None], within: float) -> None:
    """Run a benchmark to its end, or until it is told to end; then nothing that it started is left.

    Args:
        work: the benchmark.
        within: seconds after which it is given up.
    """

    async def bounded() -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio.run makes one
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        async with asyncio.timeout(within):
            await work

    try:
        asyncio.run(bounded())
    except (asyncio.CancelledError, KeyboardInterrupt, TimeoutError):
        raise SystemExit("not finished") from None


def _free(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
