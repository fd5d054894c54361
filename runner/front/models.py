"""What goes over the wire: validation and the OpenAPI document come from these models."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel, model_validator
from pydantic_core import PydanticCustomError

LONGEST_BODY: Final = 64 * 1024
"""Bytes of a request's body, and so the most that one text can be."""

LONGEST_ID: Final = 200
"""Characters of a session id that a client sends."""

BEGINNING_ONLY: Final = ("variables", "metadata")


class RequestBody(BaseModel):
    """What a client sends: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ReplyBody(BaseModel):
    """What a client gets; ids and releases may grow further fields."""

    model_config = ConfigDict(extra="allow", from_attributes=True)


class TurnRequest(RequestBody):
    """Something said to an agent; without a session id a dialogue begins."""

    text: str = Field(
        default="",
        max_length=LONGEST_BODY,
        description="What the person says; empty or left out: only the greeting",
    )
    session_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=LONGEST_ID,
        description="The dialogue to go on with",
    )
    variables: dict[str, JsonValue] | None = Field(
        default=None, description="First values of variables; only at the beginning of a dialogue"
    )
    metadata: JsonValue = Field(
        default=None,
        description="What a dispatch would carry; only at the beginning of a dialogue",
    )

    @model_validator(mode="after")
    def _fits_the_moment(self) -> Self:
        if self.session_id is None:
            return self
        for name in BEGINNING_ONLY:
            if getattr(self, name) is not None:
                raise PydanticCustomError(
                    "beginning_only",
                    "'{name}' can only be given when a dialogue begins",
                    {"name": name, "help": f"leave '{name}' out, or leave 'session_id' out"},
                )
        if not self.text.strip():
            raise PydanticCustomError(
                "nothing_said",
                "there is nothing to answer: 'text' is empty",
                {"help": "an empty text is only for the beginning of a dialogue"},
            )
        return self


class MessageEvent(ReplyBody):
    """Something said."""

    turn: int
    type: Literal["message"]
    role: Literal["agent", "user"]
    persona: str | None = None
    text: str


class ToolCallEvent(ReplyBody):
    """The model asks for a tool."""

    turn: int
    type: Literal["tool_call"]
    name: str
    arguments: Any
    call_id: str


class ToolResultEvent(ReplyBody):
    """What the model sees of a tool's answer."""

    turn: int
    type: Literal["tool_result"]
    name: str
    call_id: str
    output: Any
    error: bool


class HandoffEvent(ReplyBody):
    """One persona hands over to another."""

    turn: int
    type: Literal["handoff"]
    from_: str | None = Field(default=None, alias="from")
    to: str


class EndEvent(ReplyBody):
    """The dialogue is over."""

    turn: int
    type: Literal["end"]
    reason: str | None = None


Event = Annotated[
    MessageEvent | ToolCallEvent | ToolResultEvent | HandoffEvent | EndEvent,
    Field(discriminator="type"),
]
"""A line of `lkrun chat --format json`."""


class Usage(ReplyBody):
    """Tokens that the turn took."""

    input_tokens: int
    output_tokens: int


class TurnReply(ReplyBody):
    """What came of a turn."""

    session_id: str
    text: str
    events: list[Event]
    usage: Usage
    latency_ms: int
    ended: bool
    release: str
    persona: str
    variables: dict[str, Any]


class AgentRow(ReplyBody):
    """An agent of the served release."""

    name: str
    description: str | None
    start: str
    mode: str
    registered: bool
    personas: list[str]


class AgentRows(RootModel[list[AgentRow]]):
    """The agents of the served release."""


class SessionRow(ReplyBody):
    """A dialogue or a call."""

    id: str
    agent: str
    persona: str
    kind: Literal["text", "call"]
    release: str
    started: str
    turns: int


class SessionRows(RootModel[list[SessionRow]]):
    """Dialogues and calls."""


class SessionDetail(SessionRow):
    """A dialogue or a call with what was said in it."""

    events: list[Event]
    variables: dict[str, Any]


class ReleaseReply(ReplyBody):
    """The served release."""

    id: str
    time: str
    agents: list[str]


class SourcePlace(ReplyBody):
    """A place in a file; lines and columns from 1."""

    file: str
    line: int
    column: int
    message: str


class DiagnosticRow(ReplyBody):
    """A mistake in a file, as `lkrun check --format json` has it."""

    severity: Literal["error", "warning"]
    code: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    help: str | None
    related: list[SourcePlace]


class ReloadReply(ReplyBody):
    """What came of a reload: whether the folder is served, and if not, why."""

    result: Literal["ok", "rejected", "unchanged"]
    release: str = Field(description="What is served after it")
    diagnostics: list[DiagnosticRow]
    changes: list[str] = Field(description="What callers notice, in words")


class StatusReply(ReplyBody):
    """The front is alive, or the runner takes calls."""

    status: Literal["ok", "ready"]


class PageAgent(AgentRow):
    """An agent as the page shows it; `meet` is where to talk with it by voice."""

    meet: str | None


class PageData(ReplyBody):
    """What the page shows before anybody talks."""

    version: str
    livekit: str | None
    release: ReleaseReply
    agents: list[PageAgent]


class ProblemBody(ReplyBody):
    """What is wrong (`code` for programs, `message` for people) and what to do."""

    code: str
    message: str
    help: str | None


class ProblemReply(ReplyBody):
    """Every error has this shape."""

    error: ProblemBody
