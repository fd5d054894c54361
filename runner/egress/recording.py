"""A wire that remembers what services answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from runner.egress.network.wire import OWN

Heard = Callable[[int, bytes], None]
"""Takes the status of an answer and its body, unpacked."""


class RecordingTransport(httpx.AsyncBaseTransport):
    """Sends requests by another transport, and tells what comes back.

    Args:
        real: what sends.
        heard: is told of each answer.
    """

    def __init__(self, real: httpx.AsyncBaseTransport, heard: Heard) -> None:
        self._real, self._heard = real, heard

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and tell its answer."""
        response = await self._real.handle_async_request(request)
        body = await response.aread()
        if OWN not in request.extensions:  # a token is no answer of a tool
            self._heard(response.status_code, body)
        packed = ("content-encoding", "content-length", "transfer-encoding")
        headers = [(n, v) for n, v in response.headers.multi_items() if n.lower() not in packed]
        return httpx.Response(response.status_code, headers=headers, stream=_Read(body))

    async def aclose(self) -> None:
        """Close the other one."""
        await self._real.aclose()


class _Read(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> Any:
        yield self._body
