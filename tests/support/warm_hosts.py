"""Text hosts forked from one process that has imported what they need, for many tests in a row.

Each runs the same `main` as one that the runner starts, in the environment and the folder of its
test; that it can be started by itself is seen wherever tests run the whole command. This file is
also the program of the process that forks.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any


class ForkedHost:
    """A host as far as `TextHost` knows its process."""

    def __init__(self, pid: int) -> None:
        """Watch it until it is gone."""
        self.pid, self.returncode = pid, None
        self._gone = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._over()
        else:
            self._loop.add_reader(self._handle, self._seen)

    def kill(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)

    async def wait(self) -> int:
        """Return when it is gone; how it ended is known to who forked it alone."""
        await self._gone.wait()
        assert self.returncode is not None
        return self.returncode

    def _seen(self) -> None:
        self._loop.remove_reader(self._handle)
        os.close(self._handle)
        self._over()

    def _over(self) -> None:
        self.returncode = -signal.SIGKILL
        self._gone.set()


class WarmHosts:
    """The process that forks them; it is started with the first one."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self, socket: str) -> ForkedHost:
        """Fork one, which connects to a call socket once whoever asked for it knows it."""
        wish = {"socket": socket, "folder": str(Path.cwd()), "env": dict(os.environ)}
        host = ForkedHost(await asyncio.to_thread(self._fork, wish))
        asyncio.get_running_loop().call_soon(self._send, host.pid)
        return host

    def _fork(self, wish: dict[str, Any]) -> int:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        self._send(wish)
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def _send(self, line: Any) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line).encode() + b"\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """End it, and all that it has forked and that is still there."""
        if self._process is not None:
            self._process.communicate()


def main() -> None:
    """Fork a host for each wish, and let it go on when its number is sent back."""
    from runner.serve.child import dialogues  # noqa: PLC0415 - it takes a second, here alone

    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever ends is forgotten at once
    parent, held = os.getpid(), dict[int, int]()
    for line in map(json.loads, sys.stdin):
        if isinstance(line, int):
            os.close(held.pop(line))
            continue
        go, hold = os.pipe()
        pid = os.fork()
        if pid == 0:
            for other in (hold, *held.values()):
                os.close(other)
            os.read(go, 1)  # until it is closed
            _become(dialogues, line, parent)
        os.close(go)
        held[pid] = hold
        print(pid, flush=True)  # noqa: T201 - the answer


def _become(dialogues: Any, wish: dict[str, Any], parent: int) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setpgid(0, 0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.chdir(wish["folder"])
    os.environ.clear()
    os.environ.update(wish["env"])
    sys.argv = [dialogues.__file__, wish["socket"], str(parent)]
    with contextlib.suppress(BaseException):
        dialogues.main()
    os._exit(0)


if __name__ == "__main__":
    main()
