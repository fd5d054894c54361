"""Agents as models of OpenAI's chat completions, for whatever speaks that."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import uuid4

from aiohttp import web

from runner.front.models.base import LONGEST_BODY
from runner.front.models.completions import (
    ChatMessage,
    CompletionProblemReply,
    CompletionReply,
    CompletionRequest,
    ModelRows,
)
from runner.front.models.turns import LONGEST_ID
from runner.front.openai_shape import openai_error
from runner.front.port import DialogueError
from runner.front.problems import HttpProblem, from_dialogue
from runner.front.routes.route import ApiRequest, ErrorShape, Route
from runner.front.talks_port import EarlierLine, Turn

SESSION: Final = "X-Session-Id"
"""The header that names the dialogue which goes on, in requests and answers."""

_ROLES: Final = {"user": "user", "assistant": "agent"}
_OF_ITS_OWN: Final = frozenset({"system", "developer"})


@dataclass(frozen=True, slots=True)
class Talk:
    """What a request asks.

    Attributes:
        key: whose dialogue goes on; None where the messages are all that is known.
    """

    agent: str
    text: str
    history: tuple[EarlierLine, ...]
    key: str | None


async def _complete(request: ApiRequest) -> Any:
    talk = _talk(request)
    if request.body.stream:
        return await _streamed(request, talk)
    turn = await _turn(request, talk, None)
    return web.json_response(
        CompletionReply.model_validate(_reply(turn, talk.agent)).model_dump(),
        headers={SESSION: turn.session_id},
    )


def _talk(request: ApiRequest) -> Talk:
    body: CompletionRequest = request.body
    if body.tools or body.functions:
        raise _refused("the tools are the agent's own", "leave 'tools' out")
    if body.n not in (None, 1):
        raise _refused("there is one answer", "leave 'n' out")
    said = [m for m in body.messages if m.role not in _OF_ITS_OWN]
    unknown = next((m.role for m in said if m.role not in _ROLES), None)
    if unknown is not None:
        message = f"a message of the role '{unknown}' is not read: tools are the agent's own"
        raise _refused(message, "send what was said, by user and assistant")
    if not said or said[-1].role != "user":
        raise _refused("the last message is not the user's", "end with what the user says")
    *earlier, last = [(m.role, _text(m)) for m in said]
    if not last[1].strip():
        raise _refused("the last message is empty", "write what the user says")
    history = tuple(EarlierLine(_ROLES[r], text) for r, text in earlier if text.strip())  # type: ignore[arg-type]  # the values of the table
    key = request.raw.headers.get(SESSION, "").strip()[:LONGEST_ID] or body.user or None
    return Talk(body.model, last[1], history, key)


def _text(message: ChatMessage) -> str:
    if not isinstance(message.content, list):
        return message.content or ""
    other = next((part.type for part in message.content if part.type != "text"), None)
    if other is not None:
        raise _refused(f"a part of the type '{other}' is not read", "send text alone")
    return "".join(part.text or "" for part in message.content)[:LONGEST_BODY]


def _refused(message: str, hint: str) -> HttpProblem:
    return HttpProblem(400, "bad_request", message, hint)


async def _turn(request: ApiRequest, talk: Talk, on_text: Any) -> Turn:
    """Have the turn: in the dialogue that goes on, or in one of its own that ends with it."""
    runner, begin = request.runner, partial(_begin, request, talk, on_text)
    if talk.key is None:
        turn = await begin()
        if not turn.ended:
            await runner.end(turn.session_id)
        return turn
    async with request.site.continued.of((talk.agent, talk.key)) as place:
        session = place.session or talk.key
        try:
            turn = await runner.turn(talk.agent, talk.text, session, None, None, on_text=on_text)
        except DialogueError as error:
            if error.code not in ("ended", "unknown_session"):
                raise
            turn = await begin()
        place.session = None if turn.ended else turn.session_id
        return turn


async def _begin(request: ApiRequest, talk: Talk, on_text: Any) -> Turn:
    return await request.runner.turn(
        talk.agent, talk.text, None, None, None, history=talk.history, on_text=on_text
    )


def _reply(turn: Turn, agent: str) -> dict[str, Any]:
    return {
        "id": _id(),
        "created": int(time.time()),
        "model": agent,
        "choices": [{"message": {"content": turn.text}}],
        "usage": _usage(turn),
    }


def _id() -> str:
    return f"chatcmpl-{uuid4().hex[:24]}"


def _usage(turn: Turn) -> dict[str, int]:
    return {
        "prompt_tokens": turn.input_tokens,
        "completion_tokens": turn.output_tokens,
        "total_tokens": turn.input_tokens + turn.output_tokens,
    }


async def _streamed(request: ApiRequest, talk: Talk) -> web.StreamResponse:
    """Send the answer piece by piece; what fails before the first is an error of its own."""
    pieces: asyncio.Queue[str | None] = asyncio.Queue()
    answering = asyncio.ensure_future(_turn(request, talk, pieces.put_nowait))
    answering.add_done_callback(lambda _: pieces.put_nowait(None))
    try:
        first = await pieces.get()
        if first is None and answering.exception() is not None:
            raise answering.exception() or RuntimeError
        return await _send(request, talk, first, pieces, answering)
    finally:
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)


async def _send(
    request: ApiRequest,
    talk: Talk,
    piece: str | None,
    pieces: asyncio.Queue[str | None],
    answering: asyncio.Future[Turn],
) -> web.StreamResponse:
    about = {"id": _id(), "object": "chat.completion.chunk", "created": int(time.time())}
    about["model"] = talk.agent
    headers = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request.raw)

    async def send(delta: dict[str, str] | None, finish: str | None = None, **more: Any) -> None:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
        await _write(response, about | {"choices": choices if delta is not None else []} | more)

    await send({"role": "assistant", "content": ""})
    said = ""
    while piece is not None:
        said += piece
        await send({"content": piece})
        piece = await pieces.get()
    try:
        turn = await answering
    except DialogueError as error:
        problem = from_dialogue(error, talk.agent, [a.name for a in request.runner.agents()])
        await _write(response, openai_error(problem))
        return response
    if not said and turn.text:
        await send({"content": turn.text})
    await send({}, "stop")
    options = request.body.stream_options
    if options is not None and options.include_usage:
        await send(None, usage=_usage(turn))
    await response.write(b"data: [DONE]\n\n")
    return response


async def _write(response: web.StreamResponse, data: dict[str, Any]) -> None:
    await response.write(f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode())


async def _models(request: ApiRequest) -> dict[str, Any]:
    time_ = request.runner.release.get("time")
    created = int(datetime.fromisoformat(time_).timestamp()) if time_ else 0
    names = [each.name for each in request.runner.agents()]
    return {"data": [{"id": name, "created": created} for name in names]}


ROUTES: Final = (
    Route(
        "chat_completions",
        "POST",
        "/v1/chat/completions",
        _complete,
        "Say something as to a model of OpenAI's: its name is the agent's",
        CompletionReply,
        CompletionRequest,
        errors=(404, 409, 422, 429, 503),
        problem=ErrorShape(CompletionProblemReply, openai_error),
    ),
    Route("models", "GET", "/v1/models", _models, "The agents as models of OpenAI's", ModelRows),
)
