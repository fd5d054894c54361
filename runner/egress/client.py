"""The egress of a process: tools' requests go out here, and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runner.addresses import Guard
from runner.egress.asking import Asking
from runner.egress.auth.tokens import Tokens
from runner.egress.hiding import Hiding
from runner.egress.network.resolver import Resolver
from runner.egress.network.wire import Wire, tls_context
from runner.egress.policy.breaker import State
from runner.egress.policy.limits import Limits, ServiceLimits
from runner.egress.port import ToolRequest, ToolResponse
from runner.egress.request.texts import Texts
from runner.egress.secrets import Ledger, Secrets
from runner.egress.trouble import RequestError, one_line

if TYPE_CHECKING:
    import ssl

    import httpx

    from runner.link.release import AgentRelease
    from runner.schema.tools import HttpTool

_log = logging.getLogger("lkrun.egress")


class HttpEgress:
    """Sends the requests of all calls of a process. Many tasks of one event loop may share it.

    Attributes:
        timed: whether the time of each part of a request is taken, for people who want to know.
    """

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
        self.timed = False
        self._transport = transport or Wire(
            Guard(allow), resolver or Resolver(), tls or tls_context()
        )
        self._limits = ServiceLimits()
        self._tokens = Tokens()
        self._closed = False

    def of(self, release: AgentRelease) -> ReleaseEgress:
        """Give the egress of the calls that use one release."""
        return ReleaseEgress(self, release)

    def breakers(self) -> Iterator[tuple[str, State]]:
        """Each service that has a breaker, and its state: `closed`, `half_open` or `open`."""
        return self._limits.states()

    async def aclose(self) -> None:
        """Close all connections. What is asked afterwards fails."""
        self._closed = True
        await self._tokens.aclose()
        await self._transport.aclose()

    async def ask(self, release: AgentRelease, ask: ToolRequest) -> ToolResponse:
        """Send the request of a tool, within the tool's own time.

        Nothing that a service, a value or a secret does raises; `CancelledError` passes.
        """
        tool = release.requests.get(ask.tool)
        if tool is None:
            return _unsent(f"the agent has no tool '{one_line(ask.tool, 64)}' that sends a request")
        if self._closed:
            return _unsent("the runner is shutting down, so nothing was sent")
        asking = self._asking(release, tool, ask)
        try:
            self._secrets.look_up(release.secret_names)
            return await asking.run()
        except RequestError as trouble:
            return asking.failed(trouble)
        except Exception as error:  # noqa: BLE001  (a bug here must not end a call)
            _bug(error)
            return asking.failed(RequestError("the request could not be carried out"))

    def _asking(self, release: AgentRelease, tool: HttpTool, ask: ToolRequest) -> Asking:
        texts = Texts(_values(release, ask), Ledger(self._secrets), release.places)
        name = str(tool.http.service)
        service = release.services.get(name)

        def limits(server: str) -> Limits:
            return self._limits.of(name, service) if service else self._limits.of_server(server)

        private = tuple(_private(release, ask))
        hiding = Hiding(self._secrets, release.private_names, private)
        return Asking(tool, texts, self._transport, limits, self._tokens, hiding, self.timed)


@dataclass(frozen=True, slots=True)
class ReleaseEgress:
    """The egress as the calls of one release see it."""

    egress: HttpEgress
    release: AgentRelease

    async def ask(self, ask: ToolRequest) -> ToolResponse:
        """Send it, as `Egress.ask`."""
        return await self.egress.ask(self.release, ask)


def _unsent(error: str) -> ToolResponse:
    trouble = RequestError(error)
    return ToolResponse(ok=False, output=trouble.output, error=trouble.error)


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
