"""What the MCP library sends goes over the wire of all tools: addresses checked, proof added."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import httpx2

from runner.egress.auth.seam import Authentication
from runner.egress.network.wire import ROUTE, Route
from runner.egress.trouble import UNUSABLE, RequestError

LARGEST: Final = 5 * 1024 * 1024
"""Bytes of one answer; a stream of events may go on beyond it."""

_FAILURES: Final = 400


class Bridge(httpx2.AsyncBaseTransport):
    """Sends what the library wants to send.

    Attributes:
        caught: what ended the last request, where something did.
        status: what the server answered last, where that was a failure.
    """

    def __init__(
        self, wire: httpx.AsyncBaseTransport, route: Route, proof: Authentication | None
    ) -> None:
        """Take what sends, how, and what proves who does."""
        self._wire, self._route, self._proof = wire, route, proof
        self.caught: Exception | None = None
        self.status: int | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request.

        Raises:
            httpx2.ConnectError: no answer came; `caught` says why.
        """
        content = await request.aread()
        headers = [(n, v) for n, v in request.headers.raw if n.lower() != b"accept-encoding"]
        headers.append((b"Accept-Encoding", b"identity"))
        plain = httpx.Request(request.method, str(request.url), headers=headers, content=content)
        try:
            response = await self._proven(plain)
        except Exception as error:  # noqa: BLE001 - whoever asked puts it into words
            self.caught = error
            raise httpx2.ConnectError(type(error).__name__, request=request) from None
        self.caught = None
        self.status = response.status_code if response.status_code >= _FAILURES else None
        return httpx2.Response(
            response.status_code,
            headers=response.headers.raw,
            stream=_Bounded(response),
            request=request,
        )

    async def _proven(self, request: httpx.Request) -> httpx.Response:
        if self._proof is None:
            return await self._sent(request)
        flow = self._proof.async_auth_flow(request)
        try:
            response = await self._sent(await anext(flow))
            while True:
                try:
                    again = await flow.asend(response)
                except StopAsyncIteration:
                    return response
                await response.aclose()
                response = await self._sent(again)
        finally:
            await flow.aclose()

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        request.extensions[ROUTE] = self._route
        response = await self._wire.handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise RequestError("the server packed its answer, which it was not asked to", UNUSABLE)
        return response

    async def aclose(self) -> None:
        """Close nothing: the connections belong to all tools."""


class _Bounded(httpx2.AsyncByteStream):
    """An answer that ends when it is too large."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._endless = "text/event-stream" in response.headers.get("content-type", "")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        stream: Any = self._response.stream
        async for chunk in stream:
            size += len(chunk)
            if size > LARGEST and not self._endless:
                raise httpx2.ReadError("the answer is too large")
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()
