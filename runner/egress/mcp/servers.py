"""The servers that calls are connected to: a connection for each call and server."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from runner.addresses import Blocked
from runner.egress.exchange import Exchange
from runner.egress.network.wire import Route
from runner.egress.port import Attempt, ToolRequest, ToolResponse
from runner.egress.response.view import cut
from runner.egress.trouble import LATE, UNREACHABLE, RequestError, one_line
from runner.schema.mcp import CommandServer, UrlServer

if TYPE_CHECKING:
    from runner.egress.asking import Asking
    from runner.egress.mcp.bridge import Bridge
    from runner.egress.mcp.connection import Connection
    from runner.schema.tools import McpTool

LARGEST: Final = 16 * 1024
"""Bytes of a result that the model sees."""

MISSING: Final = "the package for MCP servers is not installed: pip install 'lkrun[mcp]'"


@dataclass(frozen=True, slots=True)
class _Open:
    tool: McpTool
    connection: Connection
    bridge: Bridge | None


@dataclass(slots=True)
class ServerFigures:
    """What is known of a server.

    Attributes:
        up: whether it answered when it was asked last.
        ok: calls of its tools that succeeded.
        failed: those that did not.
    """

    up: bool = True
    ok: int = 0
    failed: int = 0

    def count(self, *, ok: bool) -> None:
        """Count a call of one of its tools."""
        if ok:
            self.ok += 1
        else:
            self.failed += 1


class Servers:
    """Connects to servers, asks them, and ends what is connected.

    Attributes:
        figures: the name of each server that was asked → what is known of it.
    """

    def __init__(self) -> None:
        """Connect nothing yet."""
        self.figures: dict[str, ServerFigures] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._open: dict[tuple[Hashable, str], _Open] = {}
        self._locks: dict[tuple[Hashable, str], asyncio.Lock] = {}

    async def ask(
        self, owner: Hashable, tool: McpTool, ask: ToolRequest, asking: Asking
    ) -> ToolResponse:
        """Call a tool of a server; without a function, tell which tools there are.

        Args:
            owner: whose connection it is: a call.
            tool: the server.
            ask: what is asked.
            asking: renders and masks.

        Raises:
            RequestError: it did not succeed.
        """
        key = (owner, ask.tool)
        await asyncio.to_thread(import_client)  # the first time it takes long
        begun = asyncio.get_running_loop().time()
        figures = self.figures.setdefault(ask.tool, ServerFigures())
        answer: ToolResponse | None = None
        try:
            async with asyncio.timeout(tool.mcp.timeout):
                opened = await self._opened(key, tool, asking)
                figures.up = True
                is_list = ask.function is None
                answer = _told(opened) if is_list else await _called(opened, ask, asking, begun)
        except Exception as error:  # noqa: BLE001 - each is put into words
            figures.up = figures.up and isinstance(error, RequestError)
            failed = self._open.get(key)
            late = isinstance(error, TimeoutError | RequestError) and failed is not None
            if not (late and failed is not None and failed.connection.tools):
                self._drop(key)
            raise _trouble(error, tool, failed, asking) from None
        finally:
            if ask.function is not None:
                figures.count(ok=answer is not None and answer.ok)
        return answer

    async def _opened(self, key: tuple[Hashable, str], tool: McpTool, asking: Asking) -> _Open:
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._open.get(key)
            if known is not None and known.connection.alive and _is_same(known.tool, tool):
                return known
            self._drop(key)
            opened = _prepared(tool, asking)
            self._open[key] = opened
            await opened.connection.open()
            return opened

    def _drop(self, key: tuple[Hashable, str]) -> None:
        """End a connection; nobody waits for a program that does not want to end."""
        opened = self._open.pop(key, None)
        if opened is not None:
            task = asyncio.get_running_loop().create_task(opened.connection.aclose())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def end(self, owner: Hashable) -> None:
        """End the connections of a call."""
        for key in [key for key in self._open if key[0] == owner]:
            self._drop(key)
        await asyncio.gather(*self._closing)
        for key in [key for key in self._locks if key[0] == owner]:
            del self._locks[key]

    async def aclose(self) -> None:
        """End all connections."""
        for owner in {key[0] for key in self._open}:
            await self.end(owner)
        await asyncio.gather(*self._closing)


def _is_same(known: McpTool, tool: McpTool) -> bool:
    """Whether a connection serves on: how long its answers may take is nothing to it."""
    server = {**vars(known.mcp), "timeout": tool.mcp.timeout}
    return {**vars(known), "mcp": server} == {**vars(tool), "mcp": vars(tool.mcp)}


def import_client() -> None:
    """Import the client of servers.

    Raises:
        RequestError: its package is not installed.
    """
    try:
        from runner.egress.mcp import connection  # noqa: F401, PLC0415 - the library is an extra
    except ImportError:
        raise RequestError(MISSING) from None


def _prepared(tool: McpTool, asking: Asking) -> _Open:
    """A connection that is ready to be opened.

    Raises:
        RequestError: a value or a secret is missing.
    """
    from runner.egress.mcp.bridge import Bridge  # noqa: PLC0415 - the library is an extra
    from runner.egress.mcp.connection import (  # noqa: PLC0415 - as above
        Connection,
        by_command,
        by_url,
    )

    server: UrlServer | CommandServer = tool.mcp
    if isinstance(server, UrlServer):
        outgoing, proof = asking.prepared()
        bridge = Bridge(asking.means.wire, Route(tls=asking.own_tls), proof)
        headers = _own_headers(server, outgoing.request)
        made = by_url(str(outgoing.request.url), headers, bridge, by_events=server.by_events)
        return _Open(tool, Connection(made), bridge)
    args = [asking.texts.text(text) for text in server.args]
    env = {name: asking.texts.text(text) for name, text in server.env.items()}
    unready = asking.texts.unready()
    if unready is not None:
        raise unready
    asking.hiding.renew()
    return _Open(tool, Connection(by_command(str(server.command), args, env)), None)


def _own_headers(server: UrlServer, request: httpx.Request) -> dict[str, str]:
    """The headers that the author gives; the others are the protocol's."""
    given = {name.lower() for name in server.headers}
    return {name: value for name, value in request.headers.items() if name.lower() in given}


def _told(opened: _Open) -> ToolResponse:
    """Which tools there are, of those that may be used."""
    allow = {str(name) for name in opened.tool.mcp.allow}
    tools = [t for name, t in opened.connection.tools.items() if not allow or name in allow]
    return ToolResponse(ok=True, output=", ".join(t["name"] for t in tools), result=tools)


async def _called(opened: _Open, ask: ToolRequest, asking: Asking, begun: float) -> ToolResponse:
    from runner.egress.mcp.connection import UnusableToolError  # noqa: PLC0415 - the library is an extra

    function, allow = str(ask.function), opened.tool.mcp.allow
    if allow and function not in allow:
        raise RequestError(f"'{one_line(function, 64)}' is not among the tools of 'allow'")
    try:
        text = await opened.connection.call(function, ask.arguments)
        failed = None
    except UnusableToolError as error:
        text, failed = str(error), one_line(asking.mask.text(str(error)) or "it failed")
    where = asking.mask.text(_shown(opened.tool.mcp))
    took = (asyncio.get_running_loop().time() - begun) * 1000
    attempt = Attempt("MCP", f"{where} {function}", None, failed, round(took, 1))
    output = cut(asking.mask.text(text), LARGEST if failed is None else 900)
    return ToolResponse(
        ok=failed is None,
        output=output or ("Done." if failed is None else "The tool failed."),
        result=output if failed is None else None,
        error=failed,
        attempts=(attempt,),
    )


def _shown(server: UrlServer | CommandServer) -> str:
    return str(server.url if isinstance(server, UrlServer) else server.command)


def _trouble(
    caught: Exception, tool: McpTool, opened: _Open | None, asking: Asking
) -> RequestError:
    """Put what stood in the way into words."""
    server: UrlServer | CommandServer = tool.mcp
    if isinstance(caught, RequestError):
        return caught
    if isinstance(server, CommandServer):
        return _of_program(caught, str(server.command), server.timeout)
    request, seconds = asking.prepared()[0].request, server.timeout
    exchange = Exchange(request, asking.spec, asking.mask, seconds, sent=True)
    bridge = opened.bridge if opened is not None else None
    if isinstance(caught, TimeoutError):
        return RequestError(exchange.late(caught).error, LATE)
    if bridge is not None and bridge.caught is not None:
        return _of_wire(bridge.caught, exchange)
    why, status = f"{exchange.server} ended the connection", None
    if bridge is not None and bridge.status is not None:
        why, status = f"{exchange.server} answered {bridge.status}", bridge.status
    elif opened is not None and not opened.connection.tools:
        why = f"{exchange.server} does not speak MCP by {'sse' if server.by_events else 'http'}"
    return RequestError(why, UNREACHABLE, status=status)


def _of_wire(caught: Exception, exchange: Exchange) -> RequestError:
    if isinstance(caught, Blocked):
        host = exchange.request.url.host
        why = f"{host} is not in the public internet, and runner.network.allow does not list it"
        return RequestError(why, UNREACHABLE)
    try:
        return exchange.trouble(caught)
    except Exception:  # noqa: BLE001 - it is nothing that has words
        return RequestError(f"no connection to {exchange.server}", UNREACHABLE)


def _of_program(caught: Exception, command: str, seconds: float) -> RequestError:
    shown = one_line(command, 100)
    if isinstance(caught, TimeoutError):
        return RequestError(f"the program '{shown}' did not answer within {seconds:.3g}s", LATE)
    if isinstance(caught, FileNotFoundError):
        return RequestError(f"there is no program '{shown}'", UNREACHABLE)
    if isinstance(caught, PermissionError):
        return RequestError(f"the program '{shown}' may not be started", UNREACHABLE)
    return RequestError(f"the program '{shown}' ended, or does not speak MCP", UNREACHABLE)
