"""The rules as a LiveKit language model: streamed, with tools, usage and errors like a real one."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

from livekit.agents import APIError, llm
from livekit.agents.types import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectOptions,
    NotGivenOr,
)
from livekit.agents.utils import shortuuid

from lkrun_script.choice import Reply, Script, Wish
from lkrun_script.situation import read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lkrun_script.options import Options

_PIECE = re.compile(r"\s*\S+|\s+$")
_EXAMPLES: dict[str, Any] = {
    "array": [],
    "boolean": False,
    "integer": 0,
    "null": None,
    "number": 0,
    "object": {},
    "string": "",
}
_WRITTEN: dict[str, Callable[[str], Any]] = {
    "boolean": lambda text: {"yes": True, "true": True, "no": False, "false": False}[text.lower()],
    "integer": int,
    "number": float,
}


class ScriptLLM(llm.LLM[Any]):
    """A language model that follows rules.

    Args:
        options: the rules and what goes with them.
    """

    def __init__(self, options: Options) -> None:
        """Take the rules; nothing is loaded and nothing is connected to."""
        super().__init__()
        self._script = Script(options)
        self._delay = options.delay

    @property
    def model(self) -> str:
        """The name in usage and metrics."""
        return "script"

    @property
    def provider(self) -> str:
        """The provider's name in usage and metrics."""
        return "lkrun"

    def chat(  # noqa: PLR0913 - the signature is LiveKit's
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> llm.LLMStream:
        """Answer the end of a chat context, as every LiveKit model does."""
        del extra_kwargs
        items, schemas = list(chat_ctx.items), _schemas(tools or [])
        wish = _wish(tool_choice, frozenset(schemas))
        reply = self._script.reply(read(items), wish, (item.id for item in items))
        if parallel_tool_calls is False:
            reply = Reply(reply.text, reply.calls[:1], reply.failure)
        return _Stream(
            self,
            chat_ctx=chat_ctx,
            tools=tools or [],
            conn_options=conn_options,
            reply=reply,
            schemas=schemas,
            delay=self._delay,
        )


class _Stream(llm.LLMStream):
    def __init__(
        self,
        model: ScriptLLM,
        *,
        reply: Reply,
        schemas: Mapping[str, Any],
        delay: float,
        **rest: Any,
    ) -> None:
        super().__init__(model, **rest)
        self._reply = reply
        self._schemas = schemas
        self._delay = delay

    async def _run(self) -> None:
        if self._reply.failure is not None:
            raise APIError(self._reply.failure, retryable=False)
        reply_id = shortuuid("script_")
        pieces = _PIECE.findall(self._reply.text)
        for piece in pieces:
            if self._delay:
                await asyncio.sleep(self._delay)
            self._send(reply_id, llm.ChoiceDelta(role="assistant", content=piece))
        calls = [
            llm.FunctionToolCall(
                name=call.tool,
                arguments=_arguments(call.arguments, self._schemas.get(call.tool) or {}),
                call_id=shortuuid("call_"),
            )
            for call in self._reply.calls
        ]
        if calls:
            self._send(reply_id, llm.ChoiceDelta(role="assistant", tool_calls=calls))
        usage = _usage(self._chat_ctx.items, len(pieces) + len(calls))
        self._event_ch.send_nowait(llm.ChatChunk(id=reply_id, usage=usage))

    def _send(self, reply_id: str, delta: llm.ChoiceDelta) -> None:
        self._event_ch.send_nowait(llm.ChatChunk(id=reply_id, delta=delta))


def _schemas(tools: Sequence[llm.Tool]) -> dict[str, Any]:
    """The JSON Schema of each offered function's parameters."""
    described = llm.ToolContext(tools).parse_function_tools("openai", strict=False)
    functions = [item["function"] for item in described if "function" in item]
    return {function["name"]: function.get("parameters") or {} for function in functions}


def _wish(choice: NotGivenOr[llm.ToolChoice], offered: frozenset[str]) -> Wish:
    if isinstance(choice, dict):
        return Wish(offered, must_call=True, only=choice["function"]["name"])
    return Wish(offered, may_call=choice != "none", must_call=choice == "required")


def _arguments(written: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """A call's arguments as JSON, texts turned into what the parameters ask for."""
    properties: Mapping[str, Any] = schema.get("properties") or {}
    values = {name: _typed(value, properties.get(name)) for name, value in written.items()}
    missing = [name for name in schema.get("required") or () if name not in values]
    if not written:
        values |= {name: _example(properties.get(name)) for name in missing}
    return json.dumps(values, ensure_ascii=False)


def _typed(value: Any, schema: Any) -> Any:
    kinds = _kinds(schema)
    for kind in kinds if isinstance(value, str) else ():
        try:
            return _WRITTEN[kind](value.strip())
        except (KeyError, ValueError):
            continue
    return value


def _example(schema: Any) -> Any:
    if isinstance(schema, dict) and schema.get("enum"):
        return schema["enum"][0]
    kinds = _kinds(schema)
    return _EXAMPLES.get(kinds[0], "") if kinds else ""


def _kinds(schema: Any) -> list[str]:
    kind = schema.get("type") if isinstance(schema, dict) else None
    return [kind] if isinstance(kind, str) else list(kind or ())


def _usage(items: Sequence[llm.ChatItem], completion: int) -> llm.CompletionUsage:
    """Words stand for tokens."""
    texts = [item.text_content or "" for item in items if item.type == "message"]
    prompt = sum(len(text.split()) for text in texts)
    return llm.CompletionUsage(
        completion_tokens=completion, prompt_tokens=prompt, total_tokens=prompt + completion
    )
