"""Servers and callers for the tests of the egress."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpx
import pytest
from support.stub_service import Caller, Stub

from runner.egress.client import HttpEgress
from runner.egress.secrets import Secrets


@pytest.fixture
async def stub():
    """Start a server, and see all its connections end afterwards."""
    stub = Stub()
    server = await asyncio.start_server(stub.handle, "127.0.0.1", 0)
    stub.port = server.sockets[0].getsockname()[1]
    yield stub
    stub.release.set()
    server.close()
    await asyncio.wait_for(asyncio.gather(*stub.tasks), 10)


SECRETS = {"KEY": "s3cr/et value", "PIN": "123", "NUMBER": "900150983", "LINES": "a\r\nX-Evil: 1"}


@pytest.fixture
async def real():
    """Ask over real connections; 127.0.0.1 is allowed."""
    egress = HttpEgress(Secrets(SECRETS), ["127.0.0.1"])
    yield Caller(egress)
    await egress.aclose()


@pytest.fixture
def mock():
    """Ask a function: `mock(answer)` gives a caller that keeps what was sent."""

    def make(answer: Any = None) -> Caller:
        def handle(request: httpx.Request) -> httpx.Response:
            caller.sent.append(request)
            if isinstance(answer, Exception):
                raise answer
            return answer or httpx.Response(200, json={})

        caller = Caller(HttpEgress(Secrets(SECRETS), transport=httpx.MockTransport(handle)))
        return caller

    return make


@pytest.fixture
def closed_port():
    """Give a port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
