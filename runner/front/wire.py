"""aiohttp's server with bounds: how many connections there are, and how long each may take.

Source: the slow attacks of OWASP's denial-of-service page (a head or a body that never ends, an
answer that nobody reads, connections that say nothing).
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMethod, LineTooLong

from runner.front.problems import HttpProblem
from runner.front.responses import from_http, raw, response

LONGEST_LINE: Final = 8190
"""Bytes of the address line, and of each header."""

_log = logging.getLogger("lkrun.front")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the wire; where there is no room, the connection that is idle longest is closed.

    Attributes:
        in_all: connections at once. Each is a descriptor: who knows how many there are sets it.
        per_address: those of one address.
        at_once: those that are accepted before any of them is looked at.
        head: seconds from the first byte of a request to the end of its headers.
        idle: seconds between two requests of a connection.
        write: seconds in which an answer must be taken.
    """

    in_all: int = 2048
    per_address: int = 1536
    at_once: int = 128
    head: float = 10.0
    idle: float = 75.0
    write: float = 30.0


class Connection(web.RequestHandler):
    """One connection; what it refuses by itself is JSON too."""

    def __init__(self, wire: Wire, *, limits: Limits, **kwargs: Any) -> None:
        """Take the server that it belongs to."""
        super().__init__(wire, **kwargs)
        self._limits = limits
        self._head: asyncio.TimerHandle | None = None
        self.quiet_since = self._loop.time()

    @property
    def idle(self) -> bool:
        """Whether no request of it is being answered."""
        return not self._request_in_progress and not self._messages

    def data_received(self, data: bytes) -> None:
        """Take bytes: those of a head must not come for ever."""
        super().data_received(data)
        self.quiet_since = self._loop.time()
        if not self.idle:
            self._head_is_there()
        elif self._head is None and data:
            self._head = self._loop.call_later(self._limits.head, self._too_slow)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Stop the clock."""
        self._head_is_there()
        super().connection_lost(exc)

    def refuse(self, problem: HttpProblem) -> None:
        """Say why the connection is closed, and close it."""
        if self.transport is not None:
            self.transport.write(raw(problem))
        self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's signature
    ) -> web.StreamResponse:
        """Answer what is no HTTP, or a fault of ours."""
        _log.debug("%s is refused: %r", request.remote, exc)
        problem = _no_http(exc) if status < 500 else _fault()  # noqa: PLR2004 - the number says it
        answer = response(problem)
        answer.force_close()
        return answer

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer; who does not take it is let go."""
        if isinstance(resp, web.HTTPException):
            resp = response(from_http(request.method, resp))
        try:
            async with asyncio.timeout(self._limits.write):
                return await super().finish_response(request, resp, start_time)
        except TimeoutError:
            if self.transport is not None:
                self.transport.abort()  # `close` would wait until all is taken
            return resp, True

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log a fault on one line."""
        error = kw.get("exc_info")
        _log.error("the front failed at a connection: %r", error or args[:1])
        _log.debug("the front failed at a connection", exc_info=error)

    def _head_is_there(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _too_slow(self) -> None:
        self._head = None
        if self.idle:
            message = f"the headers did not arrive within {self._limits.head:g} seconds"
            self.refuse(HttpProblem(408, "too_slow", message))


class Wire(web.Server):
    """All connections of the front."""

    def __init__(self, limits: Limits, server: web.Server, **kwargs: Any) -> None:
        """Take aiohttp's server of an application, and answer as it does."""
        super().__init__(server.request_handler, request_factory=server.request_factory, **kwargs)
        self._limits = limits
        self._open: dict[Connection, str] = {}
        self._of: Counter[str] = Counter()

    def __call__(self) -> Connection:
        """Make what holds the next connection."""
        return Connection(self, limits=self._limits, loop=self._loop, **self._kwargs)

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Let a connection in, in place of an idle one where there is no room."""
        super().connection_made(handler, transport)
        if not isinstance(handler, Connection):
            return
        address = str((transport.get_extra_info("peername") or ("",))[0])
        mine = self._of[address] >= self._limits.per_address
        if (mine or len(self._open) >= self._limits.in_all) and not self._make_room(
            address if mine else None
        ):
            message = "there are as many connections as the runner takes"
            handler.refuse(HttpProblem(503, "full", message, "close some, or try later"))
            return
        self._open[handler] = address
        self._of[address] += 1

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        """Forget a connection."""
        super().connection_lost(handler, exc)
        self._forget(handler)

    def _make_room(self, address: str | None) -> bool:
        """Close the connection that has been idle longest, of one address or of all."""
        idle = (
            each
            for each, its in self._open.items()
            if each.idle and (address is None or its == address)
        )
        longest = min(idle, key=lambda each: each.quiet_since, default=None)
        if longest is None:
            return False
        self._forget(longest)
        longest.force_close()
        return True

    def _forget(self, handler: web.RequestHandler) -> None:
        address = self._open.pop(handler, None)  # type: ignore[call-overload]  # any handler may be looked for
        if address is None:
            return
        self._of[address] -= 1
        if not self._of[address]:
            del self._of[address]


class WireRunner(web.AppRunner):
    """An application on a `Wire`."""

    __slots__ = ("_limits",)

    def __init__(self, app: web.Application, limits: Limits, **kwargs: Any) -> None:
        """Take the application and the bounds."""
        self._limits = limits
        super().__init__(
            app,
            access_log=None,
            auto_decompress=False,
            handler_cancellation=True,  # what nobody waits for any more is stopped
            keepalive_timeout=limits.idle,
            max_line_size=LONGEST_LINE,
            max_field_size=LONGEST_LINE,
            **kwargs,
        )

    async def _make_server(self) -> web.Server:
        return Wire(self._limits, await super()._make_server(), **self._kwargs)


def _no_http(error: BaseException | None) -> HttpProblem:
    if isinstance(error, LineTooLong):
        message = f"the address or a header is longer than {LONGEST_LINE:,} bytes"
        return HttpProblem(400, "bad_request", message)
    if isinstance(error, BadHttpMethod):
        return HttpProblem(400, "bad_request", "this is not HTTP", "begin the address with http://")
    return HttpProblem(400, "bad_request", "this is not a request of HTTP/1.1")


def _fault() -> HttpProblem:
    message = "the runner could not answer this request"
    return HttpProblem(500, "internal", message, "the runner's log says more")
