"""Connections by asyncio's own streams, for httpcore.

httpcore's anyio streams do the same and cost twice as much; what they have besides, timeouts and
other event loops, is not needed here: each request has its own time around it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore


class AsyncioStream(httpcore.AsyncNetworkStream):
    """A connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take both ends of it."""
        self._reader, self._writer = reader, writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109  (httpcore's signature)
        """Give what has come, at most so many bytes; nothing at the end.

        Raises:
            httpcore.ReadError: the connection is broken.
        """
        try:
            return await self._reader.read(max_bytes)
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109  (as above)
        """Send bytes.

        Raises:
            httpcore.WriteError: the connection is broken.
        """
        if not buffer:
            return
        try:
            self._writer.write(buffer)
            await self._writer.drain()
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        """Close it at once; nobody waits for the goodbye of TLS."""
        if self.get_extra_info("ssl_object") is not None:
            self._writer.transport.abort()
        else:
            self._writer.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  (as above)
    ) -> httpcore.AsyncNetworkStream:
        """Go on with TLS.

        Raises:
            httpcore.ConnectError: either side does not want to; its cause says why.
        """
        try:
            await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except (OSError, asyncio.IncompleteReadError) as error:  # ssl.SSLError is an OSError
            self._writer.transport.abort()
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:  # a cancelled handshake leaves no connection either
            self._writer.transport.abort()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks: the TLS of it, and whether anything came that nobody expects."""
        if info == "is_readable":
            return (
                self._reader.at_eof()
                or bool(getattr(self._reader, "_buffer", b""))
                or (self._reader.exception() is not None or self._writer.transport.is_closing())
            )
        return self._writer.get_extra_info(info)


async def connect(
    address: str, port: int, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
) -> AsyncioStream:
    """Connect to an address.

    Raises:
        httpcore.ConnectError: nobody answers there; its cause says why.
    """
    try:
        reader, writer = await asyncio.open_connection(address, port)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    for option in socket_options or ():
        writer.get_extra_info("socket").setsockopt(*option)
    return AsyncioStream(reader, writer)
