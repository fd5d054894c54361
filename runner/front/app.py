"""The front as a server: one port, one middleware, bounded in all it waits for."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from runner.front import cors, door, previews, tokens, webhooks
from runner.front.answering import answering
from runner.front.login import CALLER, IdTokens, no_keys
from runner.front.openapi import document
from runner.front.port import Runner
from runner.front.problems import HttpProblem
from runner.front.rates import Buckets, network
from runner.front.responses import HEADERS, OWN, from_http, response
from runner.front.routes import ROUTES
from runner.front.routes.route import Route, Site
from runner.front.signing_keys import Fetch
from runner.front.tickets import PARAMETER
from runner.front.tokens import LINES, Doors
from runner.front.wire import Limits, WireRunner
from runner.secret import Secret

STOP_SECONDS: Final = 2.0
"""How long `stop` waits for requests that are still being answered."""

BODY_SECONDS: Final = 10.0
"""How long a request's body may take to arrive."""

_WAITING: Final = 128
"""Connections that wait until they are accepted."""

_HIGHEST_PORT: Final = 65_535

_BY_PATH: Final = {each.path: each for each in ROUTES}
"""Path → a row; those of one path are open, counted and shaped alike."""

_log = logging.getLogger("lkrun.front")


class Front:
    """The HTTP front of a runner.

    Attributes:
        address: where it listens, once it is started.
    """

    def __init__(  # noqa: PLR0913 - where it listens and its bounds, by name
        self,
        runner: Runner,
        *,
        host: str = "127.0.0.1",
        port: int = 8090,
        body_seconds: float = BODY_SECONDS,
        limits: Limits | None = None,
        doors: Callable[[], Doors] = Doors,
        fetch: Fetch = no_keys,
    ) -> None:
        """Take the runner, where to listen, what says who may come in now, and who fetches keys.

        Raises:
            ValueError: the host is not this machine's own and no token is wanted, or there is no
                such address or port; the text is for the person.
        """
        bound = door.address_of(host)
        if bound is None:
            raise ValueError(
                f"'{host}' is not an address of this machine; use 127.0.0.1, or 0.0.0.0 for other "
                "machines too"
            )
        alone = door.loopback(bound) is not None
        if not alone and not doors().tokens and doors().login is None:
            raise ValueError(
                f"'{host}' would open the front to other machines, and runner.http has no tokens; "
                f"use 127.0.0.1, or {LINES}"
            )
        if not 0 <= port <= _HIGHEST_PORT:
            raise ValueError(f"there is no port {port}; ports go from 0 (any) to {_HIGHEST_PORT}")
        self.address = (bound, port)
        self._site = Site(runner, document(ROUTES), alone, asyncio.Event())
        self._doors = doors
        self._logins = IdTokens(fetch)
        self._buckets = Buckets()
        self._body_seconds = body_seconds
        self._limits = limits or Limits()
        self._server: WireRunner | None = None

    async def start(self) -> tuple[str, int]:
        """Listen; returns the bound address and port.

        Raises:
            OSError: the port is taken or may not be used; the text is for the person.
        """
        app = web.Application(middlewares=[self._answering])
        app.on_response_prepare.append(self._with_headers)
        app.on_shutdown.append(self._close_streams)
        for route in ROUTES:
            handler = answering(route, self._site, self._body_seconds)
            app.router.add_route(route.method, route.path, handler)
            if route.method == "GET":
                app.router.add_route("HEAD", route.path, handler)
        # aiohttp waits twice: for handlers, for closing
        server = WireRunner(app, self._limits, shutdown_timeout=STOP_SECONDS / 2)
        await server.setup()
        host, port = self.address
        try:
            await _listen(server, host, port, self._limits.at_once)
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
        await self._logins.close()

    async def _close_streams(self, _: web.Application) -> None:
        self._site.closing.set()

    async def _with_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        own = {name: value for name, value in response.headers.items() if name in OWN}
        response.headers.update(HEADERS | own | cors.of_origin(request, self._doors().origins))

    @web.middleware
    async def _answering(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            doors = self._doors()
            route = _route(request)
            embedded = route is not None and route.embedded
            door.check(request, self.address, doors.origins, embedded=embedded)
            about = cors.preflight(request, doors.origins) or await self._refusal(request, doors)
            return about or await handler(request)
        except HttpProblem as problem:
            return response(problem)
        except web.HTTPException as error:
            return response(from_http(request.method, error))
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
            return response(HttpProblem(500, "internal", message, "the runner's log says more"))

    async def _refusal(self, request: web.Request, doors: Doors) -> web.Response | None:
        """What a request is answered that proves nothing, or is one too many."""
        route = _route(request)
        who, problem = await self._proof(request, route, doors)
        if doors.rate is not None and (problem is not None or route is None or route.counted):
            try:
                self._buckets.take(who or f"address {network(request.remote)}", doors.rate)
            except HttpProblem as too_many:
                return response(too_many, route.problem.of(too_many) if route else None)
        return response(problem) if problem is not None else None

    async def _proof(
        self, request: web.Request, route: Route | None, doors: Doors
    ) -> tuple[Secret[str] | str | None, HttpProblem | None]:
        """What a request proves itself by, and why it is refused."""
        token = self._token(request, route, doors.wanted or ())
        if tokens.is_of_preview(token) and not (route is not None and route.open):
            return self._previewed(request, route, token)  # also where nobody else proves anything
        return await self._proved(request, route, doors, token)

    async def _proved(
        self, request: web.Request, route: Route | None, doors: Doors, token: Secret[str]
    ) -> tuple[Secret[str] | str | None, HttpProblem | None]:
        """The same without a preview."""
        # a signature is looked at once the body is there, whatever else opens this door
        signed = route is not None and route.signed and webhooks.is_signed(request, doors.webhook)
        wanted = doors.wanted
        if wanted is None and self._site.on_this_machine:
            return None, None
        right = token in (wanted or ())
        if right or (route is not None and route.open):
            return token if right else None, None
        if signed:
            return None, None
        if doors.login is None or not tokens.may_be_id_token(token):
            return None, tokens.unauthorized(request, doors.login)
        may = route is not None and route.callers
        try:
            caller = await self._logins.caller(doors.login, token)
        except HttpProblem as problem:
            away = problem.status == HTTPStatus.SERVICE_UNAVAILABLE
            return None, _not_for_callers() if away and not may else problem
        request[CALLER] = caller
        return f"caller {caller.identity}", None if may else _not_for_callers()

    def _previewed(
        self, request: web.Request, route: Route | None, token: Secret[str]
    ) -> tuple[Secret[str] | str | None, HttpProblem | None]:
        """What the token of a preview's link proves: the release that it shows."""
        preview = self._site.runner.preview(token)
        if preview is None:
            return None, previews.over()
        request[previews.PREVIEW] = preview
        may = route is not None and route.previews
        return f"preview {preview.id}", None if may else previews.not_here()

    def _token(
        self, request: web.Request, route: Route | None, wanted: tuple[Secret[str], ...]
    ) -> Secret[str]:
        """The token that a request sends: one of its header, or a ticket for one."""
        token = tokens.token_of(request, wanted)
        if token is None and route is not None and route.ticketed:
            token = self._site.tickets.take(request.query.get(PARAMETER, ""))
        return tokens.bearer(request) if token is None else token


def _route(request: web.Request) -> Route | None:
    resource = request.match_info.route.resource
    return _BY_PATH.get(resource.canonical) if resource is not None else None


def _not_for_callers() -> HttpProblem:
    message = "an ID token does not open this"
    hint = (
        "with it a caller gets a token for a room, talks, and sees what is their own; a program "
        "sends one of the tokens of runner.http"
    )
    return HttpProblem(403, "not_for_callers", message, hint)


async def _listen(server: WireRunner, host: str, port: int, at_once: int) -> None:
    """Listen, and take so many connections at once; the others wait with the system.

    asyncio has one number for both.

    Raises:
        OSError: the port is taken or may not be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=_WAITING)
    try:
        await web.SockSite(server, listening, backlog=at_once).start()
        listening.listen(_WAITING)
    except BaseException:
        listening.close()
        raise


def _refused(host: str, port: int, error: OSError) -> OSError:
    known = {
        "EADDRINUSE": f"port {port} on {host} is in use by another program",
        "EACCES": f"port {port} on {host} may not be used by this user",
        "EADDRNOTAVAIL": f"this machine has no address {host}",
    }
    name = errno.errorcode.get(error.errno or 0, "")
    what = known.get(name, f"port {port} on {host} cannot be used")
    return OSError(f"{what}; name another with --port, or --port 0 for any that is free")
