"""Conversations with folders that are compiled for real and models that follow rules."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.known import known
from support.wild import Wild, possess

from runner.cache import Cache
from runner.compiler import Compiler
from runner.egress.client import HttpEgress
from runner.egress.port import Egress, ToolRequest, ToolResponse
from runner.egress.secrets import Secrets
from runner.link.release import AgentRelease
from runner.session import CallFacts
from runner.session import events as events_of
from runner.session.conversation import Conversation
from runner.session.telephone.port import Rehearsed

Event = dict[str, Any]


@pytest.fixture(autouse=True)
def no_livekit(monkeypatch):
    """LiveKit's worker exports its credentials: a test before may have left them."""
    for name in ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"):
        monkeypatch.delenv(name, raising=False)


class Told(list[Event]):
    """Events of a turn."""

    @property
    def kinds(self) -> list[str]:
        """Their types, those of messages with who speaks."""
        return [e["role"] if e["type"] == "message" else e["type"] for e in self]

    @property
    def texts(self) -> list[str]:
        """What the agent said."""
        return [e["text"] for e in self if e["type"] == "message" and e["role"] == "agent"]

    @property
    def outputs(self) -> list[str]:
        """What tools answered."""
        return [e["output"] for e in self if e["type"] == "tool_result"]

    @property
    def failed(self) -> list[bool]:
        """Which tools failed."""
        return [e["error"] for e in self if e["type"] == "tool_result"]


@dataclass
class Service:
    """An egress that answers as it is told, and keeps what it was asked."""

    answers: list[ToolResponse | Exception] = field(default_factory=list)
    asked: list[ToolRequest] = field(default_factory=list)

    async def ask(self, ask: ToolRequest) -> ToolResponse:
        self.asked.append(ask)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Talk:
    """A conversation with the events that it told."""

    conversation: Conversation
    service: Service
    events: Told
    _told: asyncio.Condition

    async def say(self, text: str) -> Told:
        return Told(e.to_json() for e in await self.conversation.turn(text))

    async def press(self, keys: str) -> Told:
        return Told(e.to_json() for e in await self.conversation.press(keys))

    async def until(self, wanted: Callable[[Event], bool]) -> Event:
        async with self._told:
            await self._told.wait_for(lambda: any(map(wanted, self.events)))
        return next(event for event in self.events if wanted(event))

    @property
    def system(self) -> str:
        """What the model of the persona that speaks is told."""
        return str(self.conversation.session.current_agent.instructions)


Begin = Callable[..., Awaitable[Talk]]
Load = Callable[[str], AgentRelease]


@pytest.fixture(scope="session")
def parsed_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where parsed files and checked options are kept between the tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def load(tmp_path: Path, parsed_files: Path) -> Load:
    """Compile a folder of one file, whose one agent is wanted."""

    def read(text: str) -> AgentRelease:
        folder = tmp_path / "agents.d"
        folder.mkdir(exist_ok=True)
        (folder / "all.yaml").write_text(textwrap.dedent(text))
        compiled = Compiler(folder, env={}, cache=Cache(parsed_files)).compile()
        assert compiled.release is not None, [str(d) for d in compiled.diagnostics]
        (release,) = compiled.release.agents.values()
        return release

    return read


@pytest.fixture
async def begin(load: Load) -> AsyncIterator[Begin]:
    """Begin conversations, which end with the test."""
    open_talks: list[Conversation] = []

    async def start(  # noqa: PLR0913 - the seams of a conversation
        folder: str | AgentRelease,
        *answers: ToolResponse | Exception,
        channel: str = "text",
        facts: CallFacts | None = None,
        given: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
        clock: Any = None,
        service: Callable[[httpx.Request], httpx.Response] | None = None,
        tool_secrets: Secrets | None = None,
        models: Mapping[str, Wild] | None = None,
        idle: bool = True,
        egress: Egress | None = None,
        started: bool = True,
        rehearsed: Rehearsed | None = None,
    ) -> Talk:
        release = load(folder) if isinstance(folder, str) else folder
        events = Told()
        condition, answering = asyncio.Condition(), Service(list(answers))
        asks: Egress = egress or answering
        if service is not None:
            sending = HttpEgress(
                tool_secrets or Secrets({}), transport=httpx.MockTransport(service)
            )
            asks = sending.of(release)
        tasks: set[asyncio.Task[None]] = set()

        async def wake() -> None:
            async with condition:
                condition.notify_all()

        def on_event(event: events_of.Event) -> None:
            events.append(event.to_json())
            task = asyncio.get_running_loop().create_task(wake())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        talk = Conversation(
            release,
            asks,
            facts or CallFacts(variables=given or {}),
            on_event=on_event,
            secrets=known(secrets or {}),
            channel=channel,
            idle=idle,
            clock=clock,
            rehearsed=rehearsed,
        )
        open_talks.append(talk)
        for name, model in (models or {}).items():
            possess(talk, name, model)
        if started:
            await talk.start()
        return Talk(talk, answering, events, condition)

    yield start
    for talk in open_talks:
        await talk.end("test")
