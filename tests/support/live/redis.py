"""Redis, in which LiveKit's server keeps trunks and rules: on 127.0.0.1, in memory alone."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_UP = 20.0


@dataclass
class Redis:
    """A server of one's own."""

    program: str
    log: Path
    port: int
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return when it answers."""
        arguments = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", ""]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [self.program, *arguments], cwd=self.log.parent,
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        deadline, between = time.monotonic() + _UP, threading.Event()
        while not self._answers():
            assert self._process.poll() is None, self.log.read_text("utf-8", "replace")[-2000:]
            assert time.monotonic() < deadline, "Redis does not answer"
            between.wait(0.05)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), 2) as connection,
        ):
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        return False
