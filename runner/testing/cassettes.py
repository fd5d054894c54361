"""The egress of a talk that is recorded: services are really asked, and their answers kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Final

from runner.addresses import Guard
from runner.egress.client import HttpEgress, private_values
from runner.egress.mask import Mask
from runner.egress.network.resolver import Resolver
from runner.egress.network.tls import tls_context
from runner.egress.network.wire import Wire
from runner.egress.port import ToolRequest, ToolResponse
from runner.egress.recording import RecordingTransport
from runner.egress.secrets import Secrets
from runner.link.release import AgentRelease
from runner.recording import Answer, Cassette

_asked: ContextVar[ToolRequest | None] = ContextVar("lkrun_recorded_tool", default=None)
_READ: Final = "utf-8"


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
            words = self._mask(ask).text(str(response.error or "no answer"))
            self.cassette.answers.append(Answer(ask.tool, fails=words))
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        await self._egress.aclose()

    def _heard(self, status: int, body: bytes) -> None:
        ask = _asked.get()
        if ask is not None:
            text = _scrubbed(body.decode(_READ, "replace"), self._mask(ask))
            self.cassette.answers.append(Answer(ask.tool, status, text))

    def _mask(self, ask: ToolRequest) -> Mask:
        """Hides secrets, and what is private in this call."""
        self._secrets.look_up(self._release.secret_names)
        return self._secrets.mask(private=private_values(self._release, ask))


def _scrubbed(text: str, mask: Mask) -> str:
    """An answer as it came, but for what is hidden; in JSON also what is written by escapes."""
    try:
        data = json.loads(text)
        masked = mask.data(data)
    except (ValueError, RecursionError):
        return mask.text(text)
    return mask.text(text) if masked == data else json.dumps(masked, ensure_ascii=False)
