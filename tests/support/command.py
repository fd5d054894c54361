"""`lkrun serve` as a process, its events, and its front."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

PATIENCE = 30.0
"""Seconds in which a busy machine has done what is waited for."""

_PLAIN = """
import ctypes, os, sys
for right in (1, 2):
    ctypes.CDLL(None).prctl(24, right, 0, 0, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""Gives up CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: even root must be allowed to read a file."""


_BOUND = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]),) * 2)
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
"""Lets a process open no more than so many files."""


class Command:
    """A running `lkrun serve`.

    Attributes:
        events: what it has logged and was asked for.
        front: the address of its front.
        ends_with: the exit code with which it is expected to end.
    """

    ends_with = 0

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Take the process."""
        self.process = process
        self.events: list[dict[str, Any]] = []
        self.front = ""

    async def event(self, name: str, within: float = PATIENCE) -> dict[str, Any]:
        """The next event of a name."""
        assert self.process.stderr is not None
        async with asyncio.timeout(within):
            async for line in self.process.stderr:
                parsed: dict[str, Any] = json.loads(line)
                self.events.append(parsed)
                if parsed["event"] == name:
                    return parsed
        raise AssertionError(f"the log ended without {name}: {self.events[-5:]}")

    async def ask(self, path: str, data: Any = None) -> Any:
        """Ask the front: with data by POST."""
        return await asyncio.to_thread(self._ask, path, data)

    async def turn(self, agent: str, said: str = "", session: str | None = None) -> dict[str, Any]:
        """Say something in a dialogue; without a session in a new one."""
        data = {"text": said, **({"session_id": session} if session else {})}
        parsed: dict[str, Any] = await self.ask(f"/v1/agents/{agent}/turns", data)
        return parsed

    def _ask(self, path: str, data: Any) -> Any:
        body = None if data is None else json.dumps(data).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.front + path, body, headers)  # noqa: S310 - our own address
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - as above
            return json.load(answer)


def _whole(folder: Path) -> Path:
    return folder.absolute()


@contextlib.asynccontextmanager
async def serving(
    folder: Path, *options: str, plain: bool = False, descriptors: int = 0, **env: str
) -> AsyncIterator[Command]:
    """Serve a folder by text, and end in order.

    `plain`: root too may read only what it may; `descriptors`: how many files it may open.
    """
    kept = {
        n: v for n, v in os.environ.items() if not n.startswith(("LIVEKIT", "LKRUN_SEC", "TOOL_"))
    }
    place = _whole(folder)
    serve = [
        "-m",
        "runner",
        "serve",
        str(place),
        "--port",
        "0",
        "--log-format",
        "json",
        *options,
    ]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(["-c", _PLAIN] if plain else []),
        *(["-c", _BOUND, str(descriptors)] if descriptors else []),
        *serve,
        cwd=place.parent,  # what it keeps lies beside the folder
        env={**kept, **env},
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 22,
    )
    command = Command(process)
    try:
        command.front = (await command.event("ready"))["http"]
        yield command
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(PATIENCE):
            await process.communicate()
        assert process.returncode == command.ends_with
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
