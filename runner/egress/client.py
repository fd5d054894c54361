"""The egress of a process: tools' requests go out here, and nowhere else."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from runner.addresses import Guard
from runner.egress.asking import Asking
from runner.egress.auth.tokens import Tokens
from runner.egress.files import ReadFile, no_folder
from runner.egress.hiding import Hiding
from runner.egress.lookup import look_up
from runner.egress.mcp.servers import ServerFigures, Servers
from runner.egress.network.resolver import Resolver
from runner.egress.network.tls import tls_context
from runner.egress.network.wire import Proxy, Wire
from runner.egress.policy.breaker import State
from runner.egress.policy.limits import Limits, ServiceLimits
from runner.egress.port import ToolRequest, ToolResponse, Webhook
from runner.egress.request.texts import Texts
from runner.egress.secrets import Ledger, Secrets
from runner.egress.sending import Means
from runner.egress.signed import SignedPost, post_signed, probe
from runner.egress.trouble import RequestError, one_line
from runner.schema.auth import Hmac, Signature
from runner.schema.http import Request, Result
from runner.schema.mcp import UrlServer
from runner.schema.tools import HttpTool
from runner.schema.types.texts import Credential, Sent
from runner.schema.types.urls import RequestUrl
from runner.secret import NONE, Secret
from runner.template import Renderer

if TYPE_CHECKING:
    import ssl

    from runner.link.release import AgentRelease
    from runner.schema.process import Network
    from runner.schema.tools import McpTool

_log = logging.getLogger("lkrun.egress")
_UNREAD = Result.model_construct()

WEBHOOK_SECONDS = 15.0
"""Seconds in which a webhook has to be answered, as Standard Webhooks advises."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What tools may reach, and by what way.

    Attributes:
        allow: private hosts that every tool may reach.
        proxy: the address of a proxy, with user and password where it asks for them; or nothing.
    """

    allow: tuple[str, ...] = ()
    proxy: Secret[str] = NONE

    @property
    def through(self) -> Proxy | None:
        """The proxy, if there is one."""
        if not self.proxy:
            return None
        url = httpx.URL(self.proxy.reveal())
        user = Secret((url.username, url.password)) if url.userinfo else None
        return Proxy(str(url.copy_with(userinfo=b"")), user)


def ways_of(network: Network, secrets: Secrets, env: Mapping[str, str] = os.environ) -> Ways:
    """What the section `runner.network` says."""
    values = {"secrets": Ledger(secrets), "env": env}
    proxy = Secret(Renderer().render(network.proxy or "", values))
    return Ways(tuple(map(str, network.allow)), proxy)


class HttpEgress:
    """Sends the requests of all calls of a process. Many tasks of one event loop may share it.

    Attributes:
        files: how files of the folder are read that are sent, or prove something.
        timed: whether the time of each part of a request is taken, for people who want to know.
    """

    def __init__(  # noqa: PLR0913 - what a test may put in place of the system
        self,
        secrets: Secrets,
        allow: Sequence[str] = (),
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        resolver: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        """Make it ready; nothing is connected yet.

        Args:
            secrets: where secrets are read.
            allow: private hosts that every tool may reach, until `follow` says others.
            transport: what sends, instead of real connections. It does its own checks.
            resolver: who looks names up, instead of the system.
            tls: whom to trust, instead of the usual authorities.
            env: what the address of a proxy may use of the environment.
        """
        self.files: ReadFile = no_folder
        self.timed = False
        self._secrets = secrets
        self._env = env
        self._transport = transport
        self._resolver = resolver or Resolver()
        self._tls = tls
        self._limits = ServiceLimits()
        self._tokens = Tokens()
        self._servers = Servers()
        self._closed = False
        self._retiring: set[asyncio.Task[None]] = set()
        self._ways = Ways(tuple(allow))
        self._wire = self._new_wire()

    def follow(self, network: Network) -> None:
        """Go by the section `runner.network` from now on.

        Tokens and limits stay. Connections by the old ways are closed once nothing is on them.
        """
        ways = ways_of(network, self._secrets, self._env)
        if ways == self._ways:
            return
        old, self._ways = self._wire, ways
        self._wire = self._new_wire()
        if isinstance(old, Wire):
            task = asyncio.get_running_loop().create_task(old.retire())
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)

    def _new_wire(self) -> httpx.AsyncBaseTransport:
        if self._transport is not None:
            return self._transport
        guard = Guard(self._ways.allow)
        return Wire(guard, self._resolver, self._tls or tls_context(), self._ways.through)

    def of(self, release: AgentRelease) -> ReleaseEgress:
        """Give the egress of a call that uses one release."""
        return ReleaseEgress(self, release)

    def breakers(self) -> Iterator[tuple[str, State]]:
        """Each service that has a breaker, and its state: `closed`, `half_open` or `open`."""
        return self._limits.states()

    def servers(self) -> Mapping[str, ServerFigures]:
        """Each MCP server that was asked, and what is known of it."""
        return self._servers.figures

    async def aclose(self) -> None:
        """Close all connections. What is asked afterwards fails."""
        self._closed = True
        await self._servers.aclose()
        await self._tokens.aclose()
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)
        await self._wire.aclose()

    async def ask(
        self, release: AgentRelease, ask: ToolRequest, owner: Hashable = None
    ) -> ToolResponse:
        """Send the request of a tool, within the tool's own time; `owner` is the call.

        Nothing that a service, a value or a secret does raises; `CancelledError` passes.
        """
        if self._closed:
            return _unsent("the runner is shutting down, so nothing was sent")
        if (server := release.servers.get(ask.tool)) is not None:
            return await self._ask_server(release, server, ask, owner)
        if (lookup := release.lookups.get(ask.tool)) is not None:
            return await look_up(release, lookup, ask, partial(self._look_up, release))
        tool = release.requests.get(ask.tool)
        if tool is None:
            return _unsent(f"the agent has no tool '{one_line(ask.tool, 64)}' that sends a request")
        return await self._send(release, self._asking(release, tool, ask))

    async def post(self, release: AgentRelease, webhook: Webhook) -> ToolResponse:
        """Post to an address, once; never raises for what is there."""
        if self._closed:
            return _unsent("the runner is shutting down, so nothing was sent")
        signature = Signature.model_construct(secret=Credential(webhook.secret or ""))
        auth = Hmac.model_construct(hmac=signature) if webhook.secret else None
        headers = {name: Sent(text) for name, text in webhook.headers.items()}
        spec = Request.model_construct(
            url=RequestUrl(webhook.url), method="POST", headers=headers, auth=auth,
            timeout=WEBHOOK_SECONDS, budget=WEBHOOK_SECONDS,
        )  # fmt: skip
        ask = ToolRequest("", {}, webhook.values, message=webhook.message)
        asking = self._asking(release, HttpTool.model_construct(http=spec, result=_UNREAD), ask)
        asking.content = webhook.content.encode()
        return await self._send(release, asking)

    async def post_signed(self, post: SignedPost) -> tuple[int, bytes]:
        """Post once what is signed: the status, one of 2xx, and the body.

        Raises:
            RequestError: there was no such answer.
        """
        return await post_signed(post, self._secrets, self._means(), self._env)

    async def probe(self, url: str, seconds: float) -> None:
        """Ask an address whether it works.

        Raises:
            RequestError: it does not.
        """
        await probe(url, seconds, self._secrets, self._means(), self._env)

    async def read(self, url: str, seconds: float) -> bytes:
        """What stands at an address of the files, 64 KB at most.

        Raises:
            RequestError: it cannot be read.
        """
        return await probe(url, seconds, self._secrets, self._means(), self._env)

    def hide(self, text: str) -> str:
        """The same text without any secret that is known, tokens too."""
        return self._secrets.mask().text(text)

    def _means(self) -> Means:
        if self._closed:
            raise RequestError("the runner is shutting down, so nothing was sent")
        return Means(self._wire, self._limits.of_server, self._tokens, self.files)

    async def _ask_server(
        self, release: AgentRelease, server: McpTool, ask: ToolRequest, owner: Hashable
    ) -> ToolResponse:
        own = server.mcp
        request = own.request if isinstance(own, UrlServer) else Request.model_construct()
        asking = self._asking(release, HttpTool.model_construct(http=request), ask)
        return await self._send(
            release, asking, partial(self._servers.ask, owner, server, ask, asking)
        )

    async def end(self, owner: Hashable) -> None:
        """End what was connected for one call."""
        await self._servers.end(owner)

    async def _look_up(
        self, release: AgentRelease, _name: str, source: HttpTool, ask: ToolRequest
    ) -> ToolResponse:
        names = {"query": ask.arguments.get("query")}
        return await self._send(release, self._asking(release, source, ask, names))

    async def _send(
        self,
        release: AgentRelease,
        asking: Asking,
        run: Callable[[], Awaitable[ToolResponse]] | None = None,
    ) -> ToolResponse:
        """Do what is asked, by a request without `run`."""
        try:
            self._secrets.look_up(release.secret_names)
            return await (run or asking.run)()
        except RequestError as trouble:
            return asking.failed(trouble)
        except Exception as error:  # noqa: BLE001  (a bug here must not end a call)
            _bug(error)
            return asking.failed(RequestError("the request could not be carried out"))

    def _asking(
        self,
        release: AgentRelease,
        tool: HttpTool,
        ask: ToolRequest,
        names: Mapping[str, Any] | None = None,
    ) -> Asking:
        """Prepare a request; `names` are what its templates may use besides."""
        texts = Texts(
            {**_values(release, ask), **(names or {})},
            Ledger(self._secrets),
            release.places,
            str(release.agent.locale or ""),
        )
        name = str(tool.http.service)
        service = release.services.get(name)

        def limits(server: str) -> Limits:
            return self._limits.of(name, service) if service else self._limits.of_server(server)

        private = tuple(private_values(release, ask))
        hiding = Hiding(self._secrets, release.private_names, private)
        means = Means(self._wire, limits, self._tokens, self.files, self.timed)
        return Asking(
            tool.http,
            service,
            texts,
            hiding,
            means,
            result=tool.result,
            message=ask.message,
            trace=ask.trace,
        )


@dataclass(frozen=True, slots=True)
class ReleaseEgress:
    """The egress as one call of a release sees it: what it connects is its own."""

    egress: HttpEgress
    release: AgentRelease
    # not id(self): the next handle may get the number of one that is gone, and its connections
    _owner: object = field(default_factory=object, init=False, repr=False, compare=False)

    async def ask(self, ask: ToolRequest) -> ToolResponse:
        """Send it, as `Egress.ask`."""
        return await self.egress.ask(self.release, ask, self._owner)


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


def private_values(release: AgentRelease, ask: ToolRequest) -> Iterator[Any]:
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
    for name in ("today", "today_date"):
        if name in values:
            values[name] = date.fromisoformat(str(values[name]))
    call = values.get("call")
    if isinstance(call, Mapping) and "started" in call:
        values["call"] = {**call, "started": _moment(call["started"])}
    return values
