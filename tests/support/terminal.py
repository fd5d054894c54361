"""A command on a terminal, as a person sits before it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PATIENCE = 40.0
"""Seconds in which a busy machine answers."""

_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r(?!\n)")


def _heeds_ctrl_c() -> None:
    """Take the signal as on a terminal: a shell has what it starts in the background ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """Runs `lkrun` with a terminal at all its ends.

    Attributes:
        seen: all that was written to it, with the codes that move and colour.
    """

    def __init__(self, *arguments: str, env: dict[str, str], columns: int = 80) -> None:
        """Start the command."""
        self._main, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "runner", *arguments],
            stdin=other,
            stdout=other,
            stderr=other,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", **env},
            start_new_session=True,
            preexec_fn=_heeds_ctrl_c,  # noqa: PLW1509 - it calls nothing but the system
        )
        os.close(other)
        self.seen = ""
        self._at = 0

    def until(self, words: str) -> str:
        """Read on until these words come; gives what came before them."""
        while (at := self.seen.find(words, self._at)) < 0:
            self.seen += self._read()
        before, self._at = self.seen[self._at : at], at + len(words)
        return before

    def type(self, text: str) -> None:
        """Press keys; a line ends with a carriage return."""
        os.write(self._main, text.encode())

    def interrupt(self) -> None:
        """Send the signal of Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def ends(self) -> int:
        """Read to the end; gives the exit code."""
        try:
            while piece := self._read():
                self.seen += piece
        except EOFError:
            pass
        return self._process.wait(20)

    @property
    def text(self) -> str:
        """What was written, without codes."""
        return _CODES.sub("", self.seen).replace("\r\n", "\n")

    def close(self) -> None:
        """End the command, whatever it does."""
        self._process.kill()
        self._process.wait()
        os.close(self._main)

    def _read(self) -> str:
        ready, _, _ = select.select([self._main], [], [], _PATIENCE)
        assert ready, f"nothing comes after: {self.text[-500:]}"
        try:
            piece = os.read(self._main, 4096).decode(errors="replace")
        except OSError:  # Linux says so when nobody holds the other end
            piece = ""
        if not piece:
            raise EOFError(f"it ended after: {self.text[-500:]}")
        return piece
