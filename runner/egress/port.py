"""What a conversation asks of the egress, and what it gets.

Plain data, so that it may travel through the call socket.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Protocol, Self

QUESTIONS: Final = frozenset({"GET", "HEAD"})
"""Methods that change nothing at a service (RFC 9110, 9.2.1): an answer may be given up."""


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """One call of an HTTP tool.

    Attributes:
        tool: its name in the agent's release.
        arguments: what the model or an action gave, validated against the tool's parameters.
        values: all that its templates may use besides: variables, `caller`, `call`, `job`,
            `room`, `now`, `today`, as plain JSON-like data (dates as ISO 8601 texts).
        function: where the tool is a server: which of its tools; without it, which there are.
        message: names the request over all its attempts, those of another day too; or nothing.
        trace: what the service is told of the trace that it belongs to (`traceparent`); or nothing.
    """

    tool: str
    arguments: dict[str, Any]
    values: dict[str, Any]
    function: str | None = None
    message: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Webhook:
    """What is posted to somebody's address.

    Attributes:
        url, secret, headers: as the author wrote them.
        values: what these may use besides secrets.
        content: the body, JSON.
        message: its id, the same over all attempts.
    """

    url: str
    secret: str | None
    headers: dict[str, str]
    values: dict[str, Any]
    content: str
    message: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that was sent.

    Attributes:
        ms: milliseconds until all of the answer was read.
        phases: how long each part of that took, where the time of them is taken.
    """

    method: str
    url: str
    status: int | None
    error: str | None
    ms: float
    phases: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolResponse:
    """What came of it.

    Attributes:
        ok: whether the service answered as it should.
        output: what the model sees: text, at most 1,000 characters on failure, never empty then.
        saved: variable → value, from `result.save`.
        result: the service's whole answer, for the templates of `then`; None where there is none
            or it failed.
        error: one line for the log on failure, at most 300 characters, no secrets in it.
        attempts: the requests that were sent, secrets masked.
        status: what the service answered last; None where there was no answer.
        data: on failure, the answer that came with it, as JSON or text; None where there was none.
        notes: what the author should know of the texts that were sent: message, `file:line`.
        reason: on failure, the name of the text that says in any language why, and what stands
            in it; None where `output` alone says it.
    """

    ok: bool
    output: str
    saved: dict[str, Any] = field(default_factory=dict)
    result: Any = None
    error: str | None = None
    attempts: tuple[Attempt, ...] = ()
    status: int | None = None
    data: Any = None
    notes: tuple[tuple[str, str], ...] = ()
    reason: tuple[str, str] | None = None

    @property
    def for_templates(self) -> dict[str, Any] | None:
        """What the name `error` has in `on_error`; None where it did not fail."""
        if self.ok:
            return None
        return {"status": self.status, "message": self.output, "data": self.data}

    def to_data(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Read what `to_data` gave."""
        attempts = tuple(Attempt(**each) for each in data["attempts"])
        notes = tuple((message, place) for message, place in data.get("notes", ()))
        reason = tuple(data["reason"]) if data.get("reason") else None
        return cls(**{**data, "attempts": attempts, "notes": notes, "reason": reason})


class Egress(Protocol):
    """Whoever sends the requests of HTTP tools.

    It is in process for `chat` and tests; in a job it asks through the call socket.
    """

    async def ask(self, ask: ToolRequest) -> ToolResponse:
        """Send it, within the tool's own time. Never raises for what a service does."""
        ...
