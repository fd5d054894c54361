"""Connections: a warm pool for public addresses, one for requests that may go anywhere."""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
import ssl
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpcore
import httpx

from runner import demo
from runner.addresses import Address, Guard, literal
from runner.egress.network.resolver import Resolver
from runner.egress.network.stream import connect
from runner.secret import Secret

ROUTE: Final = "lkrun.route"
"""The extension of a request that holds its `Route`."""


OWN: Final = "lkrun.own"
"""The extension of a request of a proof's own: nobody keeps what it is answered."""

TRACE: Final = "lkrun.trace"
"""The extension of a request whose time is taken: what httpcore is given."""


@dataclass(frozen=True, slots=True)
class Route:
    """How a request goes out.

    Attributes:
        private: it may go to any address.
        tls: whom it trusts and what it shows, where that is not the usual.
    """

    private: bool = False
    tls: ssl.SSLContext | None = None


_USUAL: Final = Route()

CONNECTIONS: Final = 100
_IDLE_SECONDS: Final = 30.0
_HEAD_START: Final = 0.25
"""Seconds that an address is tried alone before the next one too (RFC 8305, section 5)."""

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below it they log whole addresses


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

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  (httpcore's signature)
        local_address: str | None = None,  # noqa: ARG002  (as above)
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
            return await connect("127.0.0.1", mine)
        addresses = await self._resolver.addresses(host)
        if self._guard is not None:
            self._guard.check(host, port, addresses)

        ways = [
            functools.partial(connect, str(each), port, socket_options)
            for each in _in_turn(addresses)
        ]
        return await (ways[0]() if len(ways) == 1 else first(ways))


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
    def __init__(self, stream: AsyncIterable[bytes], end: Callable[[], None]) -> None:
        self._stream = stream
        self._end: Callable[[], None] | None = end

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        end, self._end = self._end, None
        try:
            close = getattr(self._stream, "aclose", None)
            if close is not None:
                await close()
        finally:
            if end is not None:
                end()


@dataclass(frozen=True, slots=True)
class Proxy:
    """Through whom requests go.

    Attributes:
        url: its address, without user and password.
        user: both, where it asks for them.
    """

    url: str
    user: Secret[tuple[str, str]] | None = None


class Wire(httpx.AsyncBaseTransport):
    """Sends requests as they are: no cookies, no redirects, nothing of the environment.

    A connection that was made for a request with `private_network: yes` never serves one without,
    and one with a certificate or an authority of its own serves nobody else. With a proxy, it is
    the proxy that looks names up; what is in the own network is reached without it.
    """

    def __init__(
        self, guard: Guard, resolver: Resolver, tls: ssl.SSLContext, proxy: Proxy | None = None
    ) -> None:
        """Take who checks, who looks names up, and whom to trust; nothing is connected yet."""
        self._demonstration = demo.Demonstration()
        self._guard = guard
        self._tls = tls
        self._proxy = proxy
        self._checked = CheckedBackend(resolver, guard, self._demonstration)
        self._free = CheckedBackend(resolver, None, self._demonstration)
        self._pools: dict[tuple[Route, bool], httpcore.AsyncConnectionPool] = {}
        self._busy = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def _pool(self, route: Route, *, by_proxy: bool) -> httpcore.AsyncConnectionPool:
        key = (route, by_proxy)
        if key not in self._pools:
            self._pools[key] = self._new_pool(route, by_proxy=by_proxy)
        return self._pools[key]

    def _new_pool(self, route: Route, *, by_proxy: bool) -> httpcore.AsyncConnectionPool:
        settings: dict[str, Any] = {
            "ssl_context": route.tls or self._tls,
            "max_connections": CONNECTIONS,
            "max_keepalive_connections": CONNECTIONS,
            "keepalive_expiry": _IDLE_SECONDS,
        }
        if by_proxy and self._proxy is not None:
            return httpcore.AsyncHTTPProxy(
                self._proxy.url,
                proxy_auth=self._proxy.user.reveal() if self._proxy.user else None,
                network_backend=self._free,
                **settings,
            )
        backend = self._free if route.private else self._checked
        return httpcore.AsyncConnectionPool(network_backend=backend, **settings)

    def _by_proxy(self, url: httpx.URL, route: Route) -> bool:
        """Whether a request goes through the proxy; the address that it names is checked here.

        Raises:
            Blocked: it is a private one.
        """
        if self._proxy is None or route.private or url.host == demo.HOST:
            return False
        port = url.port or {"http": 80}.get(url.scheme, 443)
        if self._guard.lists(url.host, port):
            return False
        address = literal(url.host)
        if address is not None:
            self._guard.check(url.host, port, [address])
        return True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and give its answer, whose body is still to be read.

        Raises:
            Blocked: the address is refused.
            Unresolved: the host is not known.
            httpcore.NetworkError: the connection failed.
            httpcore.ProxyError: the proxy refuses.
            httpcore.ProtocolError: what came is no HTTP.
        """
        route = request.extensions.get(ROUTE, _USUAL)
        pool = self._pool(route, by_proxy=self._by_proxy(request.url, route))
        self._begin()
        try:
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
        except BaseException:  # one that is cancelled is not on its way any more
            self._end()
            raise
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream, self._end),  # type: ignore[arg-type]  # a pool of coroutines streams so
            extensions=answer.extensions,
        )

    def _begin(self) -> None:
        self._busy += 1
        self._idle.clear()

    def _end(self) -> None:
        self._busy -= 1
        if not self._busy:
            self._idle.set()

    async def aclose(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            await pool.aclose()
        await self._demonstration.aclose()

    async def retire(self) -> None:
        """Close all connections once nothing is on its way any more."""
        await self._idle.wait()
        await self.aclose()
