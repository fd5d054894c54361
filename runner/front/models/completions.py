"""OpenAI's chat completions (https://platform.openai.com/docs/api-reference/chat)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from runner.front.models.base import LONGEST_BODY, ReplyBody
from runner.front.models.turns import LONGEST_ID


class _Lenient(BaseModel):
    """A client sends more than an agent can heed, such as a temperature: that is ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)


class ContentPart(_Lenient):
    """A part of a message; only text is read."""

    type: str
    text: str | None = Field(default=None, max_length=LONGEST_BODY)


class ChatMessage(_Lenient):
    """A message of the talk so far."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = Field(default=None)


class StreamOptions(_Lenient):
    """What comes with a stream."""

    include_usage: bool | None = None


class CompletionRequest(_Lenient):
    """A talk whose last message an agent answers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"model": "clinic", "messages": [{"role": "user", "content": "hello"}]}]
        }
    )

    model: str = Field(min_length=1, description="The name of the agent")
    messages: list[ChatMessage] = Field(
        min_length=1,
        description="The talk so far; the last message is the user's. Instructions are the agent's "
        "own: messages of the system are left out",
    )
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: str | None = Field(
        default=None,
        max_length=LONGEST_ID,
        description="Whose dialogue goes on; without it the messages are all that is known",
    )
    n: int | None = None
    tools: list[JsonValue] | None = None
    functions: list[JsonValue] | None = None


class CompletionUsage(ReplyBody):
    """Tokens of the turn."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class CompletionMessage(ReplyBody):
    """What the agent said."""

    role: Literal["assistant"] = "assistant"
    content: str


class CompletionChoice(ReplyBody):
    """The one answer."""

    index: int = 0
    message: CompletionMessage
    finish_reason: Literal["stop"] = "stop"


class CompletionReply(ReplyBody):
    """The answer of an agent in OpenAI's shape."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[CompletionChoice]
    usage: CompletionUsage


class ModelRow(ReplyBody):
    """An agent, as a model."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "lkrun"


class ModelRows(ReplyBody):
    """The agents, as models."""

    object: Literal["list"] = "list"
    data: list[ModelRow]


class CompletionProblem(ReplyBody):
    """What is wrong, in OpenAI's words."""

    message: str
    type: str
    param: Any = None
    code: str


class CompletionProblemReply(ReplyBody):
    """An error in OpenAI's shape."""

    error: CompletionProblem
