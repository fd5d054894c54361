"""What the HTTP front asks of the runner: plain data, so dialogues may live in another process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """An agent, as `GET /v1/agents` shows it."""

    name: str
    description: str | None
    start: str
    mode: str
    registered: bool
    personas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of one turn of a text dialogue; turn 0 is the greeting.

    Attributes:
        events: the objects of `lkrun chat --format json` for this turn (with the greeting's
            before them in a first turn).
        text: all that the agent said in answer.
        variables: as they are now; private ones masked.
    """

    session_id: str
    text: str
    events: tuple[dict[str, Any], ...]
    input_tokens: int
    output_tokens: int
    ended: bool
    release: str
    persona: str
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A dialogue or call, as `GET /v1/sessions` shows it."""

    id: str
    agent: str
    persona: str
    kind: str
    release: str
    started: str
    turns: int


class DialogueError(Exception):
    """A request that the runner refuses.

    Attributes:
        code: decides the status: unknown_agent, unknown_session (404), ended (409), full,
            draining, agent_unavailable (503: its model or service fails, or its process has died),
            too_many_requests (429), bad_request (400: a variable that the agent
            does not have), out_of_bounds (422: a value that the variable does not take).
    """

    def __init__(
        self,
        code: str,
        message: str,
        help: str | None = None,  # noqa: A002 - the word of the API
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


class Runner(Protocol):
    """The running `lkrun serve`, as the front sees it."""

    @property
    def release(self) -> dict[str, Any]:
        """The served release: id, time, agents (their names); empty before there is one."""
        ...

    @property
    def livekit_url(self) -> str | None:
        """Where LiveKit is, or None where text only is served."""
        ...

    def not_ready(self) -> str | None:
        """Why calls cannot be taken yet, or None."""
        ...

    def agents(self) -> list[AgentInfo]:
        """The agents of the served release."""
        ...

    async def reload(self) -> dict[str, Any]:
        """Compile the folder now: `result`, `release`, `diagnostics`, `changes`.

        Raises:
            DialogueError: the runner is not ready for it.
        """
        ...

    def metrics(self) -> str:
        """What Prometheus reads, in its text format."""
        ...

    def meet_link(self, agent: str) -> str | None:
        """A LiveKit Meet address with a fresh token that dispatches the agent, or None."""
        ...

    def suggestions(self, agent: str) -> tuple[str, ...]:
        """First lines that the page offers to whoever tries the agent."""
        ...

    async def turn(
        self,
        agent: str,
        text: str,
        session_id: str | None,
        variables: dict[str, Any] | None,
        metadata: Any,
    ) -> Turn:
        """Say something to a dialogue; without a session id one begins.

        Raises:
            DialogueError: the agent or dialogue is unknown, has ended, or the runner is full.
        """
        ...

    def sessions(self) -> list[SessionInfo]:
        """Dialogues and calls."""
        ...

    async def session(self, session_id: str) -> dict[str, Any]:
        """One of them with its `events` and `variables`.

        Raises:
            DialogueError: it is unknown.
        """
        ...

    async def end(self, session_id: str) -> None:
        """End one of them.

        Raises:
            DialogueError: it is unknown.
        """
        ...
