"""One text host: the child process (`child/dialogues`) in which dialogues run."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from runner.serve.socket.messages import Ping

if TYPE_CHECKING:
    from runner.serve.socket.peer import Peer

_START: Final = 60.0
"""Seconds in which it must have connected."""

_LATE: Final = 3
"""Pings without an answer after which nobody is sent to it."""

_DEAD: Final = 10
"""Pings without an answer after which it is replaced."""


@dataclass(eq=False, slots=True)
class TextHost:
    """A child process, which is known from when it has been started.

    Attributes:
        peer: its connection, once it has one.
        leaving: no dialogue begins here any more.
        dialogues: the ids of those that it has.
        unanswered: pings since it last answered one.
    """

    process: asyncio.subprocess.Process
    peer: Peer | None = None
    leaving: bool = False
    dialogues: set[str] = field(default_factory=set)
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    unanswered: int = 0

    @classmethod
    async def start(cls, socket: str) -> TextHost:
        """Start one; `arrival` waits for it.

        Raises:
            OSError: the system starts no process.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "runner.serve.child.dialogues", socket, str(os.getpid()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            process_group=0,  # Ctrl-C at a terminal is for the main process alone
        )  # fmt: skip
        return cls(process)

    async def arrival(self) -> bool:
        """Wait until it has connected, has died, or takes too long; whether it is there."""
        connected = asyncio.ensure_future(self.connected.wait())
        died = asyncio.ensure_future(self.process.wait())
        await asyncio.wait({connected, died}, timeout=_START, return_when=asyncio.FIRST_COMPLETED)
        connected.cancel()
        died.cancel()
        return self.peer is not None

    def ping(self) -> None:
        """Ask whether it answers; to be called every second or so.

        Pings are counted, not seconds: while this process is stopped nobody else is late.
        """
        if self.peer is not None:
            if not self.unanswered:
                self.peer.send(Ping())
            self.unanswered += 1

    def pong(self) -> None:
        """Note that it has answered."""
        self.unanswered = 0

    @property
    def answers(self) -> bool:
        """Whether it has answered of late."""
        return self.unanswered <= _LATE

    @property
    def dead(self) -> bool:
        """Whether it has not answered for so long that it is replaced."""
        return self.unanswered > _DEAD

    async def end(self) -> None:
        """End it, whatever it does."""
        if self.peer is not None:
            await self.peer.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
