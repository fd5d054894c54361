"""Servers and callers for the tests of the egress."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest
from support.stub_service import Caller, serving_stub

from runner.egress.client import HttpEgress
from runner.egress.secrets import Secrets


@pytest.fixture
async def stub():
    """A server of the test."""
    async with serving_stub() as service:
        yield service


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
