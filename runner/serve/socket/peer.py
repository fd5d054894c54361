"""One end of the call socket: messages, one a line, both ways."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import TypeVar

from runner.serve.socket.messages import (
    MAX_LINE,
    Kinds,
    MalformedError,
    Message,
    Refused,
    write,
)

T = TypeVar("T", bound=Message)

_log = logging.getLogger("lkrun")


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

    def send(self, message: Message) -> None:
        """Send a message. To a side that is gone nothing is sent, and nothing is raised.

        Raises:
            TooLongError: the message is longer than a line may be, and has no shorter form.
        """
        line = write(message)
        if not self._writer.is_closing():
            self._writer.write(line)

    async def receive(self, kinds: Kinds[T]) -> T | None:
        """The next message; None at the end, and where the other side speaks no JSON.

        Raises:
            MalformedError: it is none of these kinds; the connection can go on.
        """
        try:
            return kinds.read(await self._reader.readline())
        except MalformedError:
            raise
        except (OSError, ValueError):
            return None

    async def messages(self, kinds: Kinds[T]) -> AsyncIterator[T]:
        """All that comes until the end; what is no message is refused, and logged."""
        while True:
            try:
                message = await self.receive(kinds)
            except MalformedError as error:
                _log.warning("what came over the call socket is no message: %s", error)
                self.send(Refused(error.id, str(error)))
                continue
            if message is None:
                return
            yield message

    async def close(self) -> None:
        """Send what is left, and close."""
        with contextlib.suppress(OSError):
            self._writer.close()
            await self._writer.wait_closed()
