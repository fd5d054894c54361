"""The egress of a talk that is recorded: services are really asked, and their answers kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from runner.addresses import Guard
from runner.egress.client import HttpEgress
from runner.egress.network.resolver import Resolver
from runner.egress.network.tls import tls_context
from runner.egress.network.wire import Wire
from runner.egress.port import ToolRequest, ToolResponse
from runner.egress.recording import RecordingTransport
from runner.egress.secrets import Secrets
from runner.link.release import AgentRelease

_asked: ContextVar[ToolRequest | None] = ContextVar("lkrun_recorded_tool", default=None)
_READ: Final = "utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered to one request of a tool.

    Attributes:
        body: as text, secrets masked; empty where nothing came.
        fails: it could not be reached, in these words.
    """

    tool: str
    status: int = 200
    body: str = ""
    fails: str | None = None


@dataclass(slots=True)
class Cassette:
    """What services answered, in order."""

    answers: list[Answer] = field(default_factory=list)

    def of(self, tool: str) -> list[Answer]:
        """The answers to one tool."""
        return [answer for answer in self.answers if answer.tool == tool]


class RecordingEgress:
    """Asks services as in a call, and keeps what they answer.

    Args:
        release: the agent.
        secrets: theirs are sent, and masked in what is kept.
        allow: `runner.network.allow`.
    """

    def __init__(self, release: AgentRelease, secrets: Secrets, allow: Sequence[str]) -> None:
        """Ask nothing yet."""
        self._release, self._secrets = release, secrets
        self.cassette = Cassette()
        wire = Wire(Guard(tuple(allow)), Resolver(), tls_context())
        self._egress = HttpEgress(secrets, transport=RecordingTransport(wire, self._heard))

    async def ask(self, ask: ToolRequest) -> ToolResponse:
        """Ask a service, as `Egress.ask`."""
        before = len(self.cassette.answers)
        token = _asked.set(ask)
        try:
            response = await self._egress.ask(self._release, ask)
        finally:
            _asked.reset(token)
        if len(self.cassette.answers) == before and not response.ok:
            words = self._secrets.mask().text(str(response.error or "no answer"))
            self.cassette.answers.append(Answer(ask.tool, fails=words))
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        await self._egress.aclose()

    def _heard(self, url: str, status: int, body: bytes) -> None:
        ask = _asked.get()
        if ask is None or url == self._token_url(ask.tool):
            return  # a token is no answer of a tool, and nobody keeps it
        text = self._secrets.mask().text(body.decode(_READ, "replace"))
        self.cassette.answers.append(Answer(ask.tool, status, text))

    def _token_url(self, tool: str) -> str | None:
        request = getattr(self._release.requests.get(tool), "http", None)
        oauth2 = getattr(getattr(request, "auth", None), "oauth2", None)
        return str(oauth2.token_url) if oauth2 is not None else None
