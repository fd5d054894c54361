"""The front as a server: one port, one middleware, bounded in all it waits for."""

from __future__ import annotations

import errno
import logging
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from runner.front import door
from runner.front.answering import answering
from runner.front.openapi import document
from runner.front.port import Runner
from runner.front.problems import HttpProblem
from runner.front.routes import ROUTES
from runner.front.routes.route import Site

STOP_SECONDS: Final = 2.0
"""How long `stop` waits for requests that are still being answered."""

BODY_SECONDS: Final = 10.0
"""How long a request's body may take to arrive."""

_HEADER_BYTES: Final = 8190
_IDLE_SECONDS: Final = 75.0
_HIGHEST_PORT: Final = 65_535

_log = logging.getLogger("lkrun.front")
_wire = logging.getLogger("lkrun.front.wire")


def _one_line(record: logging.LogRecord) -> bool:
    """Keep the traceback of bytes that are no HTTP out of the log."""
    if record.exc_info and record.exc_info[1] is not None:
        error = record.exc_info[1]
        record.msg, record.args = "a request that is no HTTP: %s", (type(error).__name__,)
        record.levelno, record.levelname = logging.DEBUG, "DEBUG"
        record.exc_info = None
    return True


_wire.addFilter(_one_line)


class Front:
    """The HTTP front of a runner.

    Attributes:
        address: where it listens, once it is started.
    """

    def __init__(
        self,
        runner: Runner,
        *,
        host: str = "127.0.0.1",
        port: int = 8090,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        """Take the runner and where to listen.

        Raises:
            ValueError: the host is not this machine's own, or there is no such port; the text
                is for the person.
        """
        bound = door.loopback(host)
        if bound is None:
            raise ValueError(
                f"'{host}' would open the front to other machines, and its access tokens "
                "('runner.http.tokens') are not available yet; use 127.0.0.1, localhost or ::1"
            )
        if not 0 <= port <= _HIGHEST_PORT:
            raise ValueError(f"there is no port {port}; ports go from 0 (any) to {_HIGHEST_PORT}")
        self.address = (bound, port)
        self._site = Site(runner, document(ROUTES))
        self._body_seconds = body_seconds
        self._server: web.AppRunner | None = None

    async def start(self) -> tuple[str, int]:
        """Listen; returns the bound address and port.

        Raises:
            OSError: the port is taken or may not be used; the text is for the person.
        """
        app = web.Application(middlewares=[self._answering])
        app.on_response_prepare.append(_with_headers)
        for route in ROUTES:
            handler = answering(route, self._site, self._body_seconds)
            app.router.add_route(route.method, route.path, handler)
            if route.method == "GET":
                app.router.add_route("HEAD", route.path, handler)
        server = web.AppRunner(
            app,
            access_log=None,
            auto_decompress=False,
            logger=_wire,
            keepalive_timeout=_IDLE_SECONDS,
            max_field_size=_HEADER_BYTES,
            shutdown_timeout=STOP_SECONDS / 2,  # aiohttp waits twice: for handlers, for closing
        )
        await server.setup()
        host, port = self.address
        try:
            await web.TCPSite(server, host, port).start()
        except OSError as error:
            await server.cleanup()
            raise _refused(host, port, error) from None
        self._server = server
        self.address = tuple(server.addresses[0][:2])
        return self.address

    async def stop(self) -> None:
        """Stop listening; requests that take longer than `STOP_SECONDS` are cut off."""
        server, self._server = self._server, None
        if server is not None:
            await server.cleanup()

    @web.middleware
    async def _answering(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            door.check(request, self.address)
            return await handler(request)
        except HttpProblem as problem:
            return _told(problem)
        except web.HTTPException as error:
            return _told(_from_http(request, error))
        except ConnectionError:  # the client is gone: nobody to answer
            raise
        except Exception as error:  # noqa: BLE001 - whatever failed, the client gets an answer and the front goes on
            _log.error(
                "the front could not answer %s %r: %s: %r",
                request.method,
                request.path[:200],
                type(error).__name__,
                str(error)[:300],
            )
            _log.debug("the front could not answer", exc_info=error)
            message = "the runner could not answer this request"
            return _told(HttpProblem(500, "internal", message, "the runner's log says more"))


def _told(problem: HttpProblem) -> web.Response:
    return web.json_response(problem.body, status=problem.status, headers=problem.headers)


def _from_http(request: web.Request, error: web.HTTPException) -> HttpProblem:
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"{request.method} is not possible at this address"
        return HttpProblem(405, "wrong_method", message, f"use {allowed}", {"Allow": allowed})
    if error.status == 404:  # noqa: PLR2004 - the number says it
        hint = "the routes are listed at /openapi.json"
        return HttpProblem(404, "unknown_route", "there is nothing at this address", hint)
    return HttpProblem(error.status, "bad_request", error.reason)


async def _with_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(door.HEADERS)


def _refused(host: str, port: int, error: OSError) -> OSError:
    known = {
        "EADDRINUSE": f"port {port} on {host} is in use by another program",
        "EACCES": f"port {port} on {host} may not be used by this user",
        "EADDRNOTAVAIL": f"this machine has no address {host}",
    }
    name = errno.errorcode.get(error.errno or 0, "")
    what = known.get(name, f"port {port} on {host} cannot be used")
    return OSError(f"{what}; name another with --port, or --port 0 for any that is free")
