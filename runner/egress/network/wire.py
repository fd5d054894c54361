"""Connections: one warm pool for public addresses, one for requests that may go anywhere."""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
import ssl
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpcore
import httpx

from runner import demo
from runner.addresses import Address, Guard
from runner.egress.network.phases import looking_up
from runner.egress.network.resolver import Resolver

ROUTE: Final = "lkrun.route"
"""The extension of a request that holds its `Route`."""


TRACE: Final = "lkrun.trace"
"""The extension of a request whose time is taken: what httpcore is given."""


@dataclass(frozen=True, slots=True)
class Route:
    """How a request goes out.

    Attributes:
        private: it may go to any address.
    """

    private: bool = False


_USUAL: Final = Route()

CONNECTIONS: Final = 100
_IDLE_SECONDS: Final = 30.0
_HEAD_START: Final = 0.25
"""Seconds that an address is tried alone before the next one too (RFC 8305, section 5)."""

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below it they log whole addresses


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Give the one TLS context of the process, whose making takes tens of milliseconds.

    `SSL_CERT_FILE` and `SSL_CERT_DIR` are heeded; without them, certifi's authorities are trusted.
    """
    return httpx.create_ssl_context()


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were checked, never to a name.

    The name goes on being what TLS and the header `Host` say. No second look-up can give another
    address than the one that was checked.
    """

    def __init__(
        self, resolver: Resolver, guard: Guard | None, demonstration: demo.Demonstration
    ) -> None:
        """Take who looks names up, and who checks; without a guard every address is allowed."""
        self._demonstration = demonstration
        self._resolver = resolver
        self._guard = guard
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (httpcore's signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Look the host up, check, and connect to the address that answers first.

        Raises:
            Blocked: one of its addresses is refused.
            Unresolved: it has none.
            httpcore.ConnectError: none of them answers.
        """
        if host == demo.HOST:
            mine = await self._demonstration.port()
            return await self._inner.connect_tcp("127.0.0.1", mine, timeout)
        with looking_up():
            addresses = await self._resolver.addresses(host)
        if self._guard is not None:
            self._guard.check(host, port, addresses)

        async def connect(address: Address) -> httpcore.AsyncNetworkStream:
            return await self._inner.connect_tcp(
                str(address), port, timeout, local_address, socket_options
            )

        if len(addresses) == 1:
            return await connect(addresses[0])
        return await first([functools.partial(connect, each) for each in _in_turn(addresses)])


def _in_turn(addresses: Sequence[Address]) -> list[Address]:
    """Alternate the two families, beginning with the first (RFC 8305, section 4)."""
    first = [each for each in addresses if each.version == addresses[0].version]
    other = [each for each in addresses if each.version != addresses[0].version]
    pairs = itertools.zip_longest(first, other)
    return [each for pair in pairs for each in pair if each is not None]


async def first(ways: Sequence[Any]) -> httpcore.AsyncNetworkStream:
    """Try one way after the other, each with a head start, and give what succeeds first."""
    waiting = deque(ways)
    running: set[asyncio.Task[httpcore.AsyncNetworkStream]] = set()
    won: asyncio.Task[httpcore.AsyncNetworkStream] | None = None
    try:
        while True:
            if waiting:
                running.add(asyncio.create_task(waiting.popleft()()))
            patience = _HEAD_START if waiting else None
            done, _ = await asyncio.wait(
                running, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            won = next((task for task in done if task.exception() is None), None)
            if won is not None:
                return won.result()
            if len(done) == len(running) and not waiting:
                return done.pop().result()
            running -= done
    finally:
        losers = running - {won}
        for task in losers:
            task.cancel()
        for came in await asyncio.gather(*losers, return_exceptions=True):
            if isinstance(came, httpcore.AsyncNetworkStream):
                await came.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: AsyncIterable[bytes]) -> None:
        self._stream = stream

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        close = getattr(self._stream, "aclose", None)
        if close is not None:
            await close()


class Wire(httpx.AsyncBaseTransport):
    """Sends requests as they are: no proxy, no cookies, no redirects, nothing of the environment.

    A connection that was made for a request with `private_network: yes` never serves one without.
    """

    def __init__(self, guard: Guard, resolver: Resolver, tls: ssl.SSLContext) -> None:
        """Open both pools; nothing is connected yet."""
        self._demonstration = demo.Demonstration()
        self._public = self._pool(CheckedBackend(resolver, guard, self._demonstration), tls)
        self._private = self._pool(CheckedBackend(resolver, None, self._demonstration), tls)

    @staticmethod
    def _pool(backend: CheckedBackend, tls: ssl.SSLContext) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and give its answer, whose body is still to be read.

        Raises:
            Blocked: the address is refused.
            Unresolved: the host is not known.
            httpcore.NetworkError: the connection failed.
            httpcore.ProtocolError: what came is no HTTP.
        """
        route = request.extensions.get(ROUTE, _USUAL)
        pool = self._private if route.private else self._public
        answer = await pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions.get(TRACE, {}),
            )
        )
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),  # type: ignore[arg-type]  # a pool of coroutines streams so
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._public.aclose()
        await self._private.aclose()
        await self._demonstration.aclose()
