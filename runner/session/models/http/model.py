"""A language model that is a service: the conversation is a request, the words come in pieces."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jmespath
from livekit.agents import APIError, llm
from livekit.agents.types import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectOptions,
    NotGivenOr,
)
from livekit.agents.utils import is_given, shortuuid

from runner.egress.providers import OpenAnswer
from runner.schema.http import Body
from runner.schema.http_providers import HttpModel
from runner.schema.types.texts import Sent
from runner.session.models.http.lines import READERS
from runner.session.models.http.service import HttpService, api_errors, unusable

_SHOWN = 160

_CHAT = ("model", "messages", "tools", "tool_choice", "parallel_tool_calls",
         "response_format", "temperature", "max_tokens", "stream", "stream_options")  # fmt: skip


class HttpLLM(llm.LLM[str]):
    """A language model of a service.

    Args:
        service: what is asked.
    """

    def __init__(self, service: HttpService[HttpModel]) -> None:
        """Take the service; nothing is connected yet."""
        super().__init__()
        self.service = service
        if service.options.style is not None:
            self.service = _as_openai(service)

    @property
    def model(self) -> str:
        """The model's name there, else the provider's: for usage and metrics."""
        return str(self.service.options.model or self.service.name)

    @property
    def provider(self) -> str:
        """The same for all of them."""
        return "http"

    def chat(  # noqa: PLR0913 - LiveKit's signature
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> llm.LLMStream:
        """Ask for the next answer."""
        wishes = {
            "parallel_tool_calls": parallel_tool_calls if is_given(parallel_tool_calls) else None,
            "tool_choice": _choice(tool_choice) if is_given(tool_choice) else None,
            **(extra_kwargs if is_given(extra_kwargs) else {}),
        }
        return _Answer(self, chat_ctx, tools or [], conn_options, wishes)


def _as_openai(service: HttpService[HttpModel]) -> HttpService[HttpModel]:
    """The same service, with the body of OpenAI's chat completions."""
    chat = {name: Sent(f"{{{{ {name} }}}}") for name in _CHAT} | {"model": service.options.model}
    chat = {name: text for name, text in chat.items() if text is not None}
    body = Body.model_construct({"json_"}, json_=chat, form=None, text=None, multipart=None)
    spec = service.options.model_copy(update={"body": body})
    return HttpService(service.name, spec, service.service, service.egress, service.language)


class _Answer(llm.LLMStream):
    def __init__(
        self,
        model: HttpLLM,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool],
        conn_options: APIConnectOptions,
        wishes: dict[str, Any],
    ) -> None:
        super().__init__(model, chat_ctx=chat_ctx, tools=tools, conn_options=conn_options)
        self._retry_on_chunk_sent = False  # what was said already cannot be said again
        self._service = model.service
        self._asked = wishes

    async def _run(self) -> None:
        spec = self._service.options
        reader = _openai if spec.style is not None else _picks
        async with self._service.open(self._values(), self._conn_options) as answer:
            with api_errors():
                async for chunk in reader(answer, spec):
                    self._event_ch.send_nowait(chunk)

    def _values(self) -> dict[str, Any]:
        messages, _ = self._chat_ctx.to_provider_format(format="openai")
        tools = llm.ToolContext(self._tools).parse_function_tools("openai", strict=False)
        values: dict[str, Any] = {"messages": messages, "tools": tools or None}
        spec = self._service.options
        if spec.style is None:
            return values
        wishes = self._asked if tools else {"response_format": self._asked.get("response_format")}
        return {
            **values,
            **dict.fromkeys(_CHAT[3:6]),
            **wishes,
            "temperature": spec.temperature,
            "max_tokens": spec.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }


async def _picks(answer: OpenAnswer, spec: HttpModel) -> AsyncIterator[llm.ChatChunk]:
    """The words of each piece."""
    name, found = shortuuid("http_"), False
    async for piece in READERS[spec.stream](answer.pieces()):
        text: Any = piece
        if spec.pick is not None:
            text = jmespath.search(str(spec.pick), _json(piece, answer))
        found = found or isinstance(text, str)
        if isinstance(text, str) and text:
            yield llm.ChatChunk(id=name, delta=llm.ChoiceDelta(role="assistant", content=text))
    if not found:
        raise unusable(f"{answer.server}: {_nothing(answer, spec)}")


async def _openai(answer: OpenAnswer, _spec: HttpModel) -> AsyncIterator[llm.ChatChunk]:
    """The chunks of OpenAI's chat completions, tool calls whole."""
    if "json" in answer.content_type:  # a service that does not stream answers in one piece
        data = _json((await answer.whole()).decode("utf-8", "replace"), answer)
        for chunk in _message(data, answer):
            yield chunk
        return
    calls, name, ended = _Calls(), shortuuid("http_"), _Ended()
    async for piece in READERS["sse"](answer.pieces()):
        data = _json(piece, answer)
        ended.pieces += 1
        name = str(data.get("id") or name)
        for choice in _list(data.get("choices"))[:1]:
            delta = _mapping(choice.get("delta"))
            ended.note(choice, delta)
            calls.add(_list(delta.get("tool_calls")))
            if isinstance(delta.get("content"), str) and delta["content"]:
                ended.said = True
                yield _chunk(name, content=delta["content"])
        if data.get("usage"):
            yield llm.ChatChunk(id=name, usage=_usage(_mapping(data["usage"])))
    if calls.by_index:
        yield _chunk(name, tool_calls=calls.whole())
    elif why := ended.why(answer):
        raise unusable(f"{answer.server}: {why}")


_STOPPED = {
    "content_filter": "its filter has stopped the answer (finish_reason content_filter)",
    "length": "the answer was cut before its first word (finish_reason length): raise max_tokens",
}
"""How an answer may end of which nothing is heard."""


@dataclass(slots=True)
class _Ended:
    """What tells why a streamed answer holds no word."""

    pieces: int = 0
    said: bool = False
    reason: str = ""
    refusal: str = ""

    def note(self, choice: Mapping[str, Any], delta: Mapping[str, Any]) -> None:
        self.reason = str(choice.get("finish_reason") or self.reason)
        self.refusal += str(delta.get("refusal") or "")

    def why(self, answer: OpenAnswer) -> str:
        """Why, as far as the service tells; else nothing."""
        if self.said:
            return ""
        if not self.pieces:
            return _no_pieces(answer, "style: openai")
        if self.refusal:
            return f"the model refuses to answer: {self.refusal[:_SHOWN]}"
        return _STOPPED.get(self.reason, "")


def _no_pieces(answer: OpenAnswer, form: str) -> str:
    """Nothing came that can be read in the form that the author has written."""
    label = answer.content_type.partition(";")[0].strip()
    if label == "text/html":
        return "a page for browsers (text/html) came, and no answer of a model: look at url:"
    kind = f" ({label})" if label else ""
    return f"nothing came that {form} reads{kind}: look at url:"


def _nothing(answer: OpenAnswer, spec: HttpModel) -> str:
    if spec.pick is not None:
        return f"pick: {spec.pick} finds no text in the answer"
    return _no_pieces(answer, f"stream: {spec.stream or 'no'}")


def _message(data: Mapping[str, Any], answer: OpenAnswer) -> Iterator[llm.ChatChunk]:
    choices = _list(data.get("choices"))
    if not choices:
        raise unusable(f"{answer.server}: the answer has no choices")
    message, name = _mapping(choices[0].get("message")), str(data.get("id") or shortuuid("http_"))
    calls = _Calls()
    calls.add([{"index": i, **call} for i, call in enumerate(_list(message.get("tool_calls")))])
    content = message.get("content")
    yield _chunk(name, content if isinstance(content, str) else None, calls.whole())
    if data.get("usage"):
        yield llm.ChatChunk(id=name, usage=_usage(_mapping(data["usage"])))


def _chunk(
    name: str, content: str | None = None, tool_calls: list[llm.FunctionToolCall] | None = None
) -> llm.ChatChunk:
    delta = llm.ChoiceDelta(role="assistant", content=content, tool_calls=tool_calls or [])
    return llm.ChatChunk(id=name, delta=delta)


@dataclass(slots=True)
class _Calls:
    """Calls of tools, of which each piece holds a part."""

    by_index: dict[Any, dict[str, str]] = field(default_factory=dict)

    def add(self, parts: list[dict[str, Any]]) -> None:
        for part in parts:
            call = self.by_index.setdefault(
                part.get("index", len(self.by_index)), {"id": "", "name": "", "arguments": ""}
            )
            function = _mapping(part.get("function"))
            call["id"] = call["id"] or str(part.get("id") or "")
            call["name"] += str(function.get("name") or "")
            call["arguments"] += str(function.get("arguments") or "")

    def whole(self) -> list[llm.FunctionToolCall]:
        return [
            llm.FunctionToolCall(
                name=call["name"],
                arguments=call["arguments"] or "{}",
                call_id=call["id"] or shortuuid("call_"),
            )
            for call in self.by_index.values()
        ]


def _choice(choice: Any) -> Any:
    named = isinstance(choice, Mapping) and _mapping(choice.get("function")).get("name")
    return {"type": "function", "function": {"name": named}} if named else choice


def _json(text: str, answer: OpenAnswer) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise unusable(f"{answer.server}: {_no_json(text)}") from None
    if isinstance(data, dict) and data.get("error"):
        raise _refused(data["error"], answer)
    return data if isinstance(data, dict) else {"data": data}


def _no_json(text: str) -> str:
    """What a piece of an answer is that is no JSON."""
    begins = text.lstrip()[:5].casefold()
    if begins.startswith("<"):
        return "a page for browsers came, and no answer of a model: look at url:"
    if begins.startswith(("data:", "event", ":")):
        return "the answer comes as server-sent events: write stream: sse"
    return "a piece of the answer is no JSON: look at stream:"


def _refused(error: Any, answer: OpenAnswer) -> APIError:
    """A failure that a service tells within its answer."""
    words = _mapping(error).get("message") or error
    said = answer.exchange.mask.text(" ".join(str(words).split()))[:_SHOWN]
    return unusable(f"{answer.server} broke off its answer: {said}")


def _usage(usage: Mapping[str, Any]) -> llm.CompletionUsage:
    cached = _mapping(usage.get("prompt_tokens_details")).get("cached_tokens")
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    return llm.CompletionUsage(
        prompt_tokens=_count(prompt),
        completion_tokens=_count(completion),
        prompt_cached_tokens=_count(cached),
        total_tokens=_count(usage.get("total_tokens")) or _count(prompt) + _count(completion),
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
