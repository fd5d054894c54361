"""A server that sends whatever it is told, and tools that ask it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from runner.egress.client import HttpEgress
from runner.egress.port import ToolRequest
from runner.link.release import AgentRelease
from runner.schema.agents import Agent
from runner.schema.services import Service
from runner.schema.tools import HttpTool


def ok(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> bytes:
    """Write an answer as it goes over the wire."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def chunked(*pieces: bytes, label: str = "audio/pcm", end: bool = True):
    """Write a streamed answer, piece by piece; without an end the connection breaks."""

    async def reply(writer):
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {label}\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(head.encode())
        for piece in pieces:
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        if end:
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        else:
            writer.close()

    return reply


@dataclass
class Stub:
    """A server on 127.0.0.1.

    `reply` is what it sends, or what it does with the writer; it closes the connection where
    `reply` closes the writer. `routes` has replies of single paths; of a list, each is given once,
    and the last again and again.
    """

    reply: Any = field(default_factory=ok)
    routes: dict[str, Any] = field(default_factory=dict)
    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    arrived: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    connections: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.add(asyncio.current_task())
        self.connections += 1
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while not writer.is_closing():
                    await self.exchange(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if b"content-length:" in line]
        length = int(lengths[0].split(b":")[1]) if lengths else 0
        self.requests.append(head + await reader.readexactly(length))
        self.arrived.release()
        reply = self.routes.get(head.split()[1].decode(), self.reply)
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        if isinstance(reply, bytes):
            writer.write(reply)
            await writer.drain()
        else:
            await reply(writer)


@contextlib.asynccontextmanager
async def serving_stub() -> AsyncIterator[Stub]:
    """Start a server, and see all its connections end afterwards."""
    stub = Stub()
    server = await asyncio.start_server(stub.handle, "127.0.0.1", 0)
    stub.port = server.sockets[0].getsockname()[1]
    yield stub
    stub.release.set()
    server.close()
    await asyncio.wait_for(asyncio.gather(*stub.tasks), 10)


@dataclass
class Caller:
    """Asks a tool that is written as in a file."""

    egress: HttpEgress
    sent: list[httpx.Request] = field(default_factory=list)

    async def __call__(self, http: dict[str, Any], args: Any = None, **more: Any):
        values = more.pop("values", {})
        fixed = more.pop("fixed", {})
        env = more.pop("env", {})
        services = more.pop("services", {})
        tool = HttpTool.model_validate({"description": "d", "http": http, "result": more})
        agent = Agent.model_construct(variables=fixed)
        release = AgentRelease.model_construct(
            name="a",
            personas={},
            agent=agent,
            tools={"t": tool},
            services={name: Service.model_validate(spec) for name, spec in services.items()},
            providers={},
            env=env,
        )
        return await self.egress.of(release).ask(ToolRequest("t", args or {}, values))
