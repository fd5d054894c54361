"""One connection to a server, by LiveKit's client."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal

import httpx2
from livekit.agents import ToolError
from livekit.agents.llm.mcp import MCPServer, MCPServerHTTP, MCPServerStdio, MCPToolResultContext
from mcp.client.stdio import StdioServerParameters, stdio_client

from runner.egress.mcp.bridge import Bridge
from runner.egress.trouble import UNREACHABLE, RequestError, one_line


class _NoTracebacks(logging.Filter):
    """What ends a connection is told in plain words by whoever asks."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("MCP client connection")


logging.getLogger("livekit.agents").addFilter(_NoTracebacks())
for _name in ("mcp", "httpx2"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class UnusableToolError(Exception):
    """The server says that a tool failed; the text is its own."""


class _ByUrl(MCPServerHTTP):
    """LiveKit's client, whose requests go over the wire of all tools."""

    def __init__(self, url: str, bridge: Bridge, *, by_events: bool, **more: Any) -> None:
        transport: Literal["sse", "streamable_http"] = "sse" if by_events else "streamable_http"
        super().__init__(url, transport, tool_result_resolver=_text, **more)
        self._bridge = bridge

    def __repr__(self) -> str:
        """Say nothing of the address, in which a secret may stand."""
        return f"{type(self).__name__}()"

    def _create_http_client(
        self,
        headers: dict[str, Any] | None = None,
        timeout: httpx2.Timeout | None = None,
        auth: httpx2.Auth | None = None,
    ) -> httpx2.AsyncClient:
        del auth  # the bridge proves who sends
        return httpx2.AsyncClient(
            headers=headers if headers is not None else self.headers,
            timeout=timeout,
            transport=self._bridge,
            trust_env=False,
        )


class _ByCommand(MCPServerStdio):
    """LiveKit's client of a program, whose log goes nowhere: programs may read lkrun's."""

    def __repr__(self) -> str:
        """Say nothing of its arguments, in which a secret may stand."""
        return f"{type(self).__name__}()"

    def client_streams(self) -> AbstractAsyncContextManager[Any]:
        return self._streams()

    @contextlib.asynccontextmanager
    async def _streams(self) -> Any:
        program = StdioServerParameters(command=self.command, args=self.args, env=self.env)
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: ASYNC230, PTH123 - it is no file
            async with stdio_client(program, errlog=nowhere) as streams:
                yield streams


def by_url(url: str, headers: Mapping[str, str], bridge: Bridge, *, by_events: bool) -> MCPServer:
    """A server that is reached by its address; nothing is connected yet."""
    # no bound of its own: whoever waits gives up in time
    return _ByUrl(
        url, bridge, by_events=by_events, headers=dict(headers), client_session_timeout_seconds=0
    )


def by_command(command: str, args: list[str], env: Mapping[str, str]) -> MCPServer:
    """A server that is a program; it is not started yet."""
    return _ByCommand(command, args, dict(env) or None, None, 0, tool_result_resolver=_text)


class Connection:
    """A server that is connected.

    Attributes:
        tools: the name of each of its tools → what it tells of it.
    """

    def __init__(self, server: MCPServer) -> None:
        """Take a server; `open` connects it."""
        self._server = server
        self._run: dict[str, Any] = {}
        self.tools: dict[str, dict[str, Any]] = {}

    @property
    def alive(self) -> bool:
        """Whether it is still there."""
        return self._server.initialized

    async def open(self) -> None:
        """Connect, and learn what tools there are.

        Raises:
            RequestError: what it answers is not the protocol.
            Exception: whatever the library has against it.
        """
        await self._server.initialize()
        for tool in await self._server.list_tools():
            schema = tool.info.raw_schema
            self._run[tool.info.name] = tool
            self.tools[tool.info.name] = {
                "name": tool.info.name,
                "description": schema.get("description"),
                "parameters": schema.get("parameters"),
            }

    async def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Call a tool; gives the text that the model reads.

        Raises:
            UnusableToolError: the tool failed.
            RequestError: there is no such tool.
        """
        if name not in self._run:
            raise RequestError(f"the server has no tool '{one_line(name, 64)}'", UNREACHABLE)
        try:
            return str(await self._run[name](dict(arguments)))
        except ToolError as error:
            raise UnusableToolError(error.message) from None

    async def aclose(self) -> None:
        """End it; how a server behaves meanwhile is nobody's concern any more."""
        with contextlib.suppress(Exception, asyncio.CancelledError):
            async with asyncio.timeout(5.0):
                await self._server.aclose()


def _text(context: MCPToolResultContext) -> str:
    """What a model can read of a result: its texts; other parts by their kind."""
    parts = [
        str(getattr(part, "text", None) or f"[{getattr(part, 'type', 'data')}]")
        for part in context.result.content
    ]
    return "\n".join(parts) or "Done."
