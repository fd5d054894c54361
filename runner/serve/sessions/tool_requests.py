"""The requests of calls' tools: sent by the main process, which alone has their secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.egress.client import HttpEgress, private_values
from runner.egress.port import QUESTIONS, ToolResponse
from runner.serve.socket.messages import Answer
from runner.serve.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.egress.files import ReadFile
    from runner.egress.mcp.servers import ServerFigures
    from runner.egress.policy.breaker import State
    from runner.egress.secrets import Secrets
    from runner.serve.log import Log
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.calls import CallInfo
    from runner.serve.socket.messages import Ask
    from runner.serve.socket.peer import Peer

_OVER = ToolResponse(ok=False, output="the call has ended", error="the call has ended")


class ToolRequests:
    """Sends them, and tells in the log which failed.

    Attributes:
        egress: by which.
    """

    def __init__(
        self,
        releases: Releases,
        secrets: Secrets,
        log: Log,
        *,
        files: ReadFile,
        env: Mapping[str, str],
    ) -> None:
        """Take what is served, where secrets are, how files are read, and the environment."""
        self._releases = releases
        self._secrets = secrets
        self._log = log
        self._tasks = Tasks()
        self.egress = self._egress = HttpEgress(secrets, env=env)
        self._egress.files = files

    async def answer(self, peer: Peer, request: Ask, call: CallInfo | None) -> None:
        """Send a request, and answer the process that asked for it."""
        agent = self._releases.agent(call.release, call.agent) if call else None
        self._egress.follow(self._releases.current.process.network)
        answer = (
            _OVER if agent is None else await self._egress.ask(agent, request.ask, request.call)
        )
        if call is not None and agent is not None and request.ask.tool in agent.requests:
            mask = self._secrets.mask(private=private_values(agent, request.ask))
            call.services.add(request.ask.tool, answer, mask)
        if call is not None and not answer.ok:
            self._tell_failure(call, request.ask.tool, answer)
        peer.send(Answer(request.id, answer))

    def is_question(self, call: CallInfo, tool: str) -> bool:
        """Whether a tool's request changes nothing at its service."""
        agent = self._releases.agent(call.release, call.agent)
        request = agent.requests.get(tool) if agent is not None else None
        return request is not None and request.http.method in QUESTIONS

    def breakers(self) -> Iterable[tuple[str, State]]:
        """Each service that was asked and has a breaker, and its state."""
        return self._egress.breakers()

    def servers(self) -> Mapping[str, ServerFigures]:
        """Each MCP server that was asked, and what is known of it."""
        return self._egress.servers()

    def call_ended(self, call: CallInfo) -> None:
        """End what was connected for a call."""
        self._tasks.spawn(self._egress.end(call.id))

    async def aclose(self) -> None:
        """Close all connections to services."""
        await self._tasks.cancel()
        await self._egress.aclose()

    def _tell_failure(self, call: CallInfo, tool: str, answer: ToolResponse) -> None:
        error = call.masking.data(answer.error)
        self._log.event(
            "tool_failed",
            f"{call.agent}: tool {tool} failed: {error}",
            level="warning",
            session=call.id,
            agent=call.agent,
            tool=tool,
            error=error,
            attempts=len(answer.attempts),
        )
