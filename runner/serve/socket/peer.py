"""One end of the call socket: JSON objects, one a line, both ways."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from typing import Any, Final

MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes of a line. The largest answer of a service fits; whoever sends more is cut off."""

Message = dict[str, Any]


class Peer:
    """Sends and receives messages until either side closes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a connection whose reader was made with `limit=MAX_LINE`."""
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, path: str) -> Peer:
        """Connect to a unix socket.

        Raises:
            OSError: nobody listens there.
        """
        return cls(*await asyncio.open_unix_connection(path, limit=MAX_LINE))

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message. To a side that is gone nothing is sent, and nothing is raised.

        Raises:
            ValueError: the message is larger than a line may be.
        """
        line = json.dumps(message, ensure_ascii=False, default=str, separators=(",", ":"))
        data = line.encode("utf-8", "replace") + b"\n"
        if len(data) > MAX_LINE:
            raise ValueError("the message is too long for the call socket")
        if not self._writer.is_closing():
            self._writer.write(data)

    async def receive(self) -> Message | None:
        """The next message; None at the end, and where the other side breaks the rules."""
        try:
            line = await self._reader.readline()
            message = json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError, RecursionError):
            return None
        return message if isinstance(message, dict) else None

    async def close(self) -> None:
        """Send what is left, and close."""
        with contextlib.suppress(OSError):
            self._writer.close()
            await self._writer.wait_closed()
