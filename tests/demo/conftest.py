"""Talks with the demonstration as it is shipped: its folder, its model, its service."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from runner.cache import Cache
from runner.compiler import Compiler
from runner.egress.client import HttpEgress
from runner.egress.secrets import Secrets
from runner.session import CallFacts
from runner.session.conversation import Conversation

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Turn:
    """What came of one line."""

    events: list[dict[str, Any]]
    persona: str

    @property
    def text(self) -> str:
        """What the agent said."""
        said = [e for e in self.events if e["type"] == "message" and e["role"] == "agent"]
        return " ".join(e["text"] for e in said)

    @property
    def tools(self) -> list[str]:
        """The tools that were called, and answered without an error."""
        results = [e for e in self.events if e["type"] == "tool_result"]
        return [e["name"] for e in results if not e["error"]]

    @property
    def ended(self) -> bool:
        """Whether the call is over."""
        return any(e["type"] == "end" for e in self.events)


@pytest.fixture(scope="session")
def clinic(tmp_path_factory):
    """The agent of the demonstration, compiled."""
    compiled = Compiler(
        ROOT / "agents.d", env={}, cache=Cache(tmp_path_factory.mktemp("cache"))
    ).compile()
    return compiled.release.agents["clinic"]


@pytest.fixture
async def egress(clinic):
    """One egress, and so one service of the demonstration, for all talks of a test."""
    egress = HttpEgress(Secrets({}))
    yield egress.of(clinic)
    await egress.aclose()


@pytest.fixture
async def talk(clinic, egress):
    """Say lines to a new call of the clinic; gives what came of each."""

    async def say(*lines):
        conversation = Conversation(clinic, egress, CallFacts(), channel="text")
        await conversation.start()
        turns = [
            Turn([e.to_json() for e in await conversation.turn(line)], conversation.persona)
            for line in lines
        ]
        await conversation.end("test")
        return turns

    return say
