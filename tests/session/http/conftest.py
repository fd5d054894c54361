"""Providers that are services, made of a folder, against a server of the test."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.known import known
from support.stub_service import serving_stub

from runner.egress.client import Ways
from runner.egress.providers import ProviderNetwork
from runner.session import CallFacts
from runner.session.models.providers import Models
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables

FOLDER = """
runner:
  network:
    allow:
      - 127.0.0.1
agents:
  a:
    start: p
    mode: {mode}
    llm: {llm}
    stt: {stt}
    tts: {tts}
    locale: vi-VN
personas:
  p:
    instructions: Answer.
providers:
  scripted:
    llm: script
    with:
      rules:
        - when_caller_says: hi
          say: Hello.
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  loud:
    tts: espeak
  own:
    {kind}: http
    with:
{options}
"""


@pytest.fixture
async def stub():
    """A server of the test."""
    async with serving_stub() as service:
        yield service


@dataclass
class Provided:
    """Makes the one service of a folder, as a call would."""

    load: Any
    secrets: dict[str, str] = field(default_factory=dict)
    network: ProviderNetwork = field(default_factory=lambda: ProviderNetwork(Ways(("127.0.0.1",))))
    models: list[Models] = field(default_factory=list)

    def __call__(self, kind: str, options: str, services: str = "") -> Any:
        chosen = {"llm": "scripted", "stt": "ears", "tts": "loud", kind: "own"}
        indented = re.sub(r"(?m)^(?=.)", "      ", options.strip("\n"))
        text = FOLDER.format(mode="voice", kind=kind, options=indented, **chosen) + services
        release = self.load(text)
        context = TemplateContext(release, CallFacts(), Variables(release.agent.variables))
        models = Models(release, TemplateRenderer(context, {}), known(self.secrets), self.network)
        self.models.append(models)
        return models.get(kind, "own")


@pytest.fixture
async def provided(load, stub):  # noqa: ARG001 - the server ends after those who ask it
    """Makes services; all are closed afterwards."""
    made = Provided(load)
    yield made
    for models in made.models:
        await models.aclose()


@pytest.fixture
def stalled():
    """An answer that begins and then stops; `gone` is set when the other side has left."""

    @dataclass
    class Stalled:
        first: bytes = b""
        label: str = "audio/pcm"
        begun: asyncio.Event = field(default_factory=asyncio.Event)
        gone: asyncio.Event = field(default_factory=asyncio.Event)

        async def __call__(self, writer):
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {self.label}\r\n\r\n"
            writer.write(head.encode() + self.first)
            await writer.drain()
            self.begun.set()
            with contextlib.suppress(ConnectionError):
                while True:
                    await asyncio.sleep(0.01)  # a connection that breaks is seen in writing alone
                    writer.write(b"\0\0")
                    await writer.drain()
            self.gone.set()

    return Stalled
