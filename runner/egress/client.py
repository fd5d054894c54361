"""The egress of a process: tools' requests go out here, and nowhere else."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from runner.egress.exchange import Exchange
from runner.egress.mask import Mask
from runner.egress.network.guard import Guard
from runner.egress.network.resolver import Resolver
from runner.egress.network.wire import Wire, tls_context
from runner.egress.port import Attempt, ToolRequest, ToolResponse
from runner.egress.request.compose import compose
from runner.egress.response.incoming import understand
from runner.egress.response.view import saved, seen
from runner.egress.secrets import Ledger, Secrets
from runner.egress.trouble import RequestError, one_line
from runner.schema.tools import HttpTool

if TYPE_CHECKING:
    import ssl

    import httpx

    from runner.link.release import AgentRelease

_log = logging.getLogger("lkrun.egress")

_AT_ONCE: Final = 10
"""Requests to one server at the same time; more wait their turn within their own time."""


@dataclass(slots=True)
class _Asking:
    """One ask on its way: what it may not show, and what it has sent."""

    ledger: Ledger
    mask: Mask = field(default_factory=Mask)
    attempts: list[Attempt] = field(default_factory=list)

    def failed(self, trouble: RequestError) -> ToolResponse:
        """Answer with what went wrong."""
        return ToolResponse(
            ok=False,
            output=self.mask.text(one_line(trouble.output, 1000)),
            error=one_line(self.mask.text(trouble.error)),
            attempts=tuple(self.attempts),
        )


class HttpEgress:
    """Sends the requests of all calls of a process. Many tasks of one event loop may share it."""

    def __init__(
        self,
        secrets: Secrets,
        allow: Sequence[str] = (),
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        resolver: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Make the pools; nothing is connected yet.

        Args:
            secrets: where secrets are read.
            allow: `runner.network.allow`: private hosts that every tool may reach.
            transport: what sends, instead of real connections. It does its own checks.
            resolver: who looks names up, instead of the system.
            tls: whom to trust, instead of the usual authorities.
        """
        self._secrets = secrets
        self._transport = transport or Wire(
            Guard(allow), resolver or Resolver(), tls or tls_context()
        )
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(_AT_ONCE)
        )
        self._closed = False

    def of(self, release: AgentRelease) -> ReleaseEgress:
        """Give the egress of the calls that use one release."""
        return ReleaseEgress(self, release)

    async def aclose(self) -> None:
        """Close all connections. What is asked afterwards fails."""
        self._closed = True
        await self._transport.aclose()

    async def ask(self, release: AgentRelease, ask: ToolRequest) -> ToolResponse:
        """Send the request of a tool, within the tool's own time.

        Nothing that a service, a value or a secret does raises; `CancelledError` passes.
        """
        asking = _Asking(Ledger(self._secrets))
        try:
            self._secrets.look_up(release.secret_names)
            asking.mask = self._secrets.mask(private=_private(release, ask))
            return await self._ask(asking, release, ask)
        except RequestError as trouble:
            return asking.failed(trouble)
        except Exception as error:  # noqa: BLE001  (a bug here must not end a call)
            _bug(error)
            return asking.failed(RequestError("the request could not be carried out"))

    async def _ask(self, asking: _Asking, release: AgentRelease, ask: ToolRequest) -> ToolResponse:
        tool = release.tools.get(ask.tool)
        if not isinstance(tool, HttpTool):
            raise RequestError(
                f"the agent has no tool '{one_line(ask.tool, 64)}' that sends a request"
            )
        if self._closed:
            raise RequestError("the runner is shutting down, so nothing was sent")
        values = _values(release, ask)
        outgoing = compose(tool.http, values, asking.ledger)
        mask = asking.mask = self._secrets.mask(outgoing.hidden, _private(release, ask))
        trip = Exchange(outgoing.request, tool.http, mask)
        body, content_type = await self._attempt(asking, trip, outgoing.shown)
        content = understand(body, content_type, mask)
        return ToolResponse(
            ok=True,
            output=seen(tool.result, content, values, mask),
            saved=saved(tool.result.save, content) | self._kept(release, tool, body, content_type),
            result=content.data,
            attempts=tuple(asking.attempts),
        )

    def _kept(
        self, release: AgentRelease, tool: HttpTool, body: bytes, content_type: str
    ) -> dict[str, Any]:
        """What private variables get: no stars where a private value stands."""
        save = {n: path for n, path in tool.result.save.items() if n in release.private_names}
        return saved(save, understand(body, content_type, self._secrets.mask())) if save else {}

    async def _attempt(self, asking: _Asking, trip: Exchange, shown: str) -> tuple[bytes, str]:
        """Send once, and give the body and its label; what was sent is noted however it ends."""
        started = time.perf_counter()
        error: str | None = None
        try:
            async with asyncio.timeout(trip.spec.timeout):
                return await self._exchange(trip)
        except Exception as caught:  # noqa: BLE001  (each is put into words)
            trouble = trip.trouble(caught)
            error = one_line(trip.mask.text(trouble.error))
            raise trouble from None
        finally:
            if trip.sent:
                took = round((time.perf_counter() - started) * 1000, 1)
                url = trip.mask.text(shown)
                asking.attempts.append(Attempt(trip.spec.method, url, trip.status, error, took))

    async def _exchange(self, trip: Exchange) -> tuple[bytes, str]:
        async with self._turns[trip.server]:
            trip.sent = True
            response = await self._transport.handle_async_request(trip.request)
            try:
                return await trip.read(response)
            finally:
                await response.aclose()


@dataclass(frozen=True, slots=True)
class ReleaseEgress:
    """The egress as the calls of one release see it."""

    egress: HttpEgress
    release: AgentRelease

    async def ask(self, ask: ToolRequest) -> ToolResponse:
        """Send it, as `Egress.ask`."""
        return await self.egress.ask(self.release, ask)


def _bug(error: Exception) -> None:
    """Log where an unforeseen exception came from, but not its words, which may hold secrets."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
    _log.error("unforeseen %s at %s while a tool's request was sent", type(error).__name__, where)


def _moment(value: Any) -> Any:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _private(release: AgentRelease, ask: ToolRequest) -> Iterator[Any]:
    """Yield the values that only services may see."""
    yield from (ask.values.get(name) for name in release.private_names)
    tool = release.tools.get(ask.tool)
    for name, parameter in (tool.parameters if tool is not None else {}).items():
        if parameter.private:
            yield ask.arguments.get(name)


def _values(release: AgentRelease, ask: ToolRequest) -> dict[str, Any]:
    """Give all that templates may use, but for secrets; what the YAML fixes wins."""
    values = {**ask.values, **release.fixed, "args": ask.arguments, "env": release.env}
    if "now" in values:
        values["now"] = _moment(values["now"])
    call = values.get("call")
    if isinstance(call, Mapping) and "started" in call:
        values["call"] = {**call, "started": _moment(call["started"])}
    return values
