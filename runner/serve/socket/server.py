"""The call socket of the main process: who connects says what it is, and is served as such."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from runner.serve.socket.messages import (
    HELLO,
    MAX_LINE,
    Blocked,
    CallHello,
    ControlHello,
    HostHello,
    MalformedError,
)
from runner.serve.socket.peer import Peer

_log = logging.getLogger("lkrun")

Serving = Coroutine[Any, Any, None]


class CallSocket:
    """Listens, and hands each connection to who serves its role."""

    def __init__(
        self,
        *,
        calls: Callable[[Peer, CallHello], Serving],
        dialogues: Callable[[Peer, HostHello], Serving],
        control: Callable[[Peer, ControlHello], Serving],
        blocked: Callable[[Blocked], None],
    ) -> None:
        """Take who serves each role, and who is told that a process is blocked."""
        self._calls, self._dialogues, self._control = calls, dialogues, control
        self._blocked = blocked
        self._connections: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, path: Path) -> None:
        """Listen.

        Raises:
            OSError: the socket cannot be made.
        """
        self._server = await asyncio.start_unix_server(self._connected, path, limit=MAX_LINE)

    async def stop(self) -> None:
        """Listen no more, and cut every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            hello = await peer.receive(HELLO)
            if isinstance(hello, Blocked):
                self._blocked(hello)
            elif hello is not None:
                await self._serve(peer, hello)
        except MalformedError as error:
            _log.warning("who connected to the call socket says nothing known: %s", error)
        except asyncio.CancelledError:
            return  # asyncio's server reports a cancelled connection as an error
        finally:
            with contextlib.suppress(asyncio.CancelledError):
                await peer.close()

    def _serve(self, peer: Peer, hello: CallHello | HostHello | ControlHello) -> Serving:
        match hello:
            case CallHello():
                return self._calls(peer, hello)
            case HostHello():
                return self._dialogues(peer, hello)
            case ControlHello():
                return self._control(peer, hello)
