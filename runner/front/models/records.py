"""What is kept of sessions and callers."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from runner.front.models.base import LONGEST_BODY, ReplyBody, RequestBody

_LONGEST_NAME = 200
_SAYS = ("input", "output", "error", "metadata")


class Usage(ReplyBody):
    """Tokens of all models."""

    input_tokens: int
    output_tokens: int


class RecordSummary(ReplyBody):
    """A session that is over, or what is kept beside them."""

    id: str = Field(description="The session's")
    kind: Literal["call", "text", "interaction", "event"]
    agent: str
    persona: str = Field(description="Who spoke last")
    release: str
    room: str | None
    caller: str = Field(description="Name, number or identity of the caller; empty: unknown")
    started: str
    ended: str
    duration: float = Field(description="Seconds")
    turns: int
    outcome: str = Field(description="Why it ended")
    labels: dict[str, str]
    summary: str
    extract: dict[str, Any]
    verdicts: dict[str, Any]
    usage: Usage
    audio: bool = Field(description="Whether there is sound")


class RecordPage(ReplyBody):
    """The newest records, and where the next ones are."""

    records: list[RecordSummary]
    cursor: str | None = Field(description="For ?cursor= of the next question; null: no more")


class TurnTimes(ReplyBody):
    """The milliseconds of a turn: of its parts `stt`, `llm`, `tts`, and of all of it, `turn`."""

    turn: int
    ms: dict[str, float]


class RecordDetail(RecordSummary):
    """A record with what was said and done."""

    transcript: list[dict[str, Any]]
    tool_calls: list[dict[str, Any]]
    handoffs: list[dict[str, Any]]
    events: list[dict[str, Any]] = Field(description="As of the session, each with `at`")
    variables: dict[str, Any]
    reasons: dict[str, Any] = Field(description="Why judges said so")
    latency: list[TurnTimes]


class Percentiles(ReplyBody):
    """Milliseconds that half of all, and 95 of 100, were as fast as."""

    p50: int | None
    p95: int | None


class LatencyFigures(ReplyBody):
    """By the parts of a turn."""

    stt: Percentiles
    llm: Percentiles
    tts: Percentiles
    turn: Percentiles


class ToolFigures(ReplyBody):
    """Answers of a tool."""

    ok: int
    failed: int


class HourFigures(ReplyBody):
    """Sessions that began in an hour."""

    hour: str
    calls: int


class TokenFigures(ReplyBody):
    """Tokens of all models."""

    input: int
    output: int


class StatsReply(ReplyBody):
    """What sessions add up to."""

    calls: int
    minutes: float
    ended: dict[str, int]
    tokens: TokenFigures
    latency_ms: LatencyFigures
    tools: dict[str, ToolFigures]
    hours: list[HourFigures]


class AgentMemory(ReplyBody):
    """What an agent remembers of a caller."""

    calls: int
    last: str
    summary: str
    variables: dict[str, Any]


class MemoryReply(AgentMemory):
    """What is remembered of a caller by all agents, and by each."""

    who: str
    agents: dict[str, AgentMemory]


class CallerCall(ReplyBody):
    """A call of a caller."""

    id: str
    agent: str
    started: str
    summary: str
    extract: dict[str, Any]


class CallerContext(ReplyBody):
    """What is kept of a caller."""

    memory: MemoryReply | None
    calls: list[CallerCall]


class InteractionRequest(RequestBody):
    """Something that took place elsewhere, to be kept beside the calls."""

    model_config = RequestBody.model_config | {
        "json_schema_extra": {"examples": [{"agent": "clinic", "input": "Are you open?"}]}
    }

    agent: str = Field(min_length=1, max_length=_LONGEST_NAME)
    session_id: str | None = Field(default=None, min_length=1, max_length=_LONGEST_NAME)
    user_id: str | None = Field(default=None, min_length=1, max_length=_LONGEST_NAME)
    input: JsonValue = Field(default=None, description="What the person said or wrote")
    output: JsonValue = Field(default=None, description="What they were answered")
    error: str | None = Field(default=None, max_length=LONGEST_BODY)
    metadata: JsonValue = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if all(getattr(self, name) is None for name in _SAYS):
            message = "an interaction needs one of: input, output, error, metadata"
            raise PydanticCustomError("nothing_said", message)
        return self


class InteractionReply(ReplyBody):
    """It is kept."""

    id: str
