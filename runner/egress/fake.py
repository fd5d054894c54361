"""A wire on which no service stands: what would be sent is answered by a function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class FakeAnswer:
    """What comes back.

    Attributes:
        fails: nothing comes; `timeout`, or any other word: the connection breaks.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    fails: str | None = None


class FakeTransport(httpx.AsyncBaseTransport):
    """Gives each request to a function instead of the network.

    Args:
        answer: takes method and address. With None the request goes to `real`.
        real: sends what shall be sent.
    """

    def __init__(
        self,
        answer: Callable[[str, str], Awaitable[FakeAnswer | None]],
        real: Callable[[], httpx.AsyncBaseTransport],
    ) -> None:
        self._answer = answer
        self._make = real
        self._real: httpx.AsyncBaseTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request.

        Raises:
            TimeoutError: the service is said not to answer in time.
            httpx.ConnectError: the service is said not to be reachable.
        """
        answer = await self._answer(request.method, str(request.url))
        if answer is None:
            if self._real is None:
                self._real = self._make()
            return await self._real.handle_async_request(request)
        if answer.fails == "timeout":
            raise TimeoutError
        if answer.fails is not None:
            raise httpx.ConnectError(answer.fails)
        return httpx.Response(
            answer.status, headers=dict(answer.headers), stream=_Whole(answer.body)
        )

    async def aclose(self) -> None:
        """Close what was really used."""
        if self._real is not None:
            await self._real.aclose()


class _Whole(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> Any:
        yield self._body
