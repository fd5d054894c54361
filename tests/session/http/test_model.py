"""A model that is a service: OpenAI's protocol, or a body of the author's own."""

from __future__ import annotations

import asyncio
import json

import pytest
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError, llm
from livekit.agents.types import APIConnectOptions
from support.openai_stub import OpenAiStub, Reply, call, chunk, say, stream
from support.stub_service import chunked, ok

ONCE = APIConnectOptions(max_retry=0, timeout=2.0)
BODY = """
url: {url}/generate
body:
  json:
    prompt: "{{{{ messages }}}}"
    tongue: "{{{{ language }}}}"
    tools: "{{{{ tools }}}}"
"""


@pytest.fixture
def openai():
    """A server that speaks OpenAI's protocol."""
    with OpenAiStub(lambda request: say(f"You said {request.text}.")) as server:
        yield server


@pytest.fixture
def style(provided, openai):
    """The model of that server, by HTTP."""
    url = f"url: {openai.url}/chat/completions\nstyle: openai\n"
    return lambda more="model: small\n": provided("llm", url + more)


@pytest.fixture
def body(provided, stub):
    """A model with a body of its own."""
    return lambda more: provided("llm", BODY.format(url=stub.url) + more)


@llm.function_tool
async def book(day: str) -> str:
    """Book a day."""
    return day


def asking(text: str = "Hello") -> llm.ChatContext:
    context = llm.ChatContext.empty()
    context.add_message(role="system", content="Be {{ brief }}.")
    context.add_message(role="user", content=text)
    return context


async def chunks(model, tools=(), options=ONCE, **more):
    stream = model.chat(chat_ctx=asking(), tools=list(tools), conn_options=options, **more)
    async with stream:
        return [chunk async for chunk in stream]


def words(pieces) -> str:
    return "".join(c.delta.content or "" for c in pieces if c.delta)


@pytest.mark.proves(
    "HttpModel.style", "HttpModel.model", "HttpModel.temperature", "HttpModel.max_tokens"
)
async def test_openai_words(style, openai):
    """The conversation goes out as OpenAI writes it; words come one by one, then the usage."""
    pieces = await chunks(style("model: small\ntemperature: 0.5\nmax_tokens: 99\n"))
    assert words(pieces) == "You said Hello."
    assert len([c for c in pieces if c.delta and c.delta.content]) == 3
    assert pieces[-1].usage.total_tokens == 12
    (sent,) = openai.requests
    assert sent["messages"] == [
        {"role": "system", "content": "Be {{ brief }}."},
        {"role": "user", "content": "Hello"},
    ]
    assert (sent["model"], sent["temperature"], sent["max_tokens"]) == ("small", 0.5, 99)
    assert sent["stream"] is True
    assert "tools" not in sent


async def test_openai_tool_calls(style, openai):
    """Calls of tools come whole, whatever pieces they came in; the choice of a tool goes out."""
    openai.answer = lambda _: call(("book", {"day": "Monday"}), ("book", {"day": "Friday"}))
    pieces = await chunks(
        style(),
        [book],
        tool_choice={"type": "function", "function": {"name": "book"}},
        parallel_tool_calls=True,
    )
    calls = [call for c in pieces if c.delta for call in c.delta.tool_calls]
    assert [(c.name, json.loads(c.arguments)["day"]) for c in calls] == [
        ("book", "Monday"),
        ("book", "Friday"),
    ]
    assert len({c.call_id for c in calls}) == 2
    (sent,) = openai.requests
    assert sent["tools"][0]["function"]["name"] == "book"
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "book"}}
    assert sent["parallel_tool_calls"] is True


async def test_openai_in_one_piece(style, openai):
    """A service that does not stream is understood as well."""
    message = {
        "content": "Good day.",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "book", "arguments": "{}"}}
        ],
    }
    whole = {"choices": [{"message": message}], "usage": {"prompt_tokens": 3}}
    openai.answer = lambda _: Reply([json.dumps(whole).encode()], content_type="application/json")
    pieces = await chunks(style(), [book])
    assert words(pieces) == "Good day."
    assert pieces[0].delta.tool_calls[0].call_id == "c1"


ENDS = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"%s"}]}\n\n'
REFUSES = b'data: {"choices":[{"index":0,"delta":{"refusal":"I cannot help"}}]}\n\n'


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply([b"data: {not json\n\n"]), "a piece of the answer is no JSON"),
        (Reply([b'data: {"error": {"message": "over quota"}}\n\n']), "broke off.*over quota"),
        (Reply([b"<html>"], content_type="application/json"), "a page for browsers came"),
        (Reply([b"<html>"], content_type="text/html"), r"\(text/html\) came.*look at url:"),
        (Reply([b"Hello."], content_type="text/plain"), "nothing came that style: openai reads"),
        (Reply([]), "nothing came that style: openai reads"),
        (Reply([ENDS % b"content_filter"]), "its filter has stopped the answer"),
        (Reply([ENDS % b"length"]), "cut before its first word.*raise max_tokens"),
        (Reply([REFUSES, ENDS % b"stop"]), "refuses to answer: I cannot help"),
        (Reply([b"{}"], content_type="application/json"), "the answer has no choices"),
        (Reply([b'{"error": {"message": "no key"}}'], 401, "application/json"), "no key"),
    ],
)
async def test_openai_failures(style, openai, reply, said):
    """What is no answer of this protocol is a failure in words."""
    openai.answer = lambda _: reply
    with pytest.raises(APIError, match=said) as caught:
        await chunks(style())
    assert not caught.value.retryable


async def test_openai_again(style, openai):
    """A failure that may pass is tried again, as long as nothing was said."""
    replies = [Reply([b"busy"], 503, "text/plain"), say("Here.")]
    openai.answer = lambda _: replies.pop(0)
    pieces = await chunks(style(), options=APIConnectOptions(max_retry=1, retry_interval=0.01))
    assert words(pieces) == "Here."


@pytest.mark.proves("HttpLlmProvider.with", "HttpModel.body", "HttpModel.stream", "HttpModel.pick")
@pytest.mark.parametrize(
    ("more", "reply"),
    [
        ("pick: delta.text\n", chunked(b'data: {"delta": {"text": "Good "}}\n\nda',
                                     b'ta: {"delta": {"text": "day."}}\r\n\r\ndata: [DONE]\n\n',
                                     label="text/event-stream")),
        ("stream: ndjson\npick: response\n", chunked(b'{"response": "Good "}\n{"resp',
                                                   b'onse": "day."}', label="x/y")),
        ("stream: no\npick: answer.text\n", ok(b'{"answer": {"text": "Good day."}}')),
        ("stream: no\n", ok(b"Good day.", "Content-Type: text/plain")),
        ("", chunked(b": ping\n\ndata: Good day.\n\n", label="text/event-stream")),
    ],
)  # fmt: skip
async def test_a_body_of_its_own(body, stub, more, reply):
    """The author says how the conversation goes out and where the words stand in what comes."""
    stub.reply = reply
    assert words(await chunks(body(more))) == "Good day."
    sent = json.loads(stub.requests[0].partition(b"\r\n\r\n")[2])
    assert sent["prompt"][1] == {"role": "user", "content": "Hello"}
    assert sent["tongue"] == "vi-VN"
    assert "tools" not in sent


async def test_time_and_connections(body, stub):
    """No answer is an APITimeoutError; a connection that breaks is an APIConnectionError."""

    async def silent(_writer):
        await stub.release.wait()

    stub.reply = silent
    with pytest.raises(APITimeoutError):
        await chunks(body("timeout: 100ms\n"))
    stub.reply = chunked(b"data: Good\n\n", label="text/event-stream", end=False)
    with pytest.raises(APIConnectionError, match="within its answer") as caught:
        await chunks(body(""))
    assert not caught.value.retryable  # a word was said already


async def test_a_status(body, stub):
    """A status is LiveKit's APIStatusError."""
    stub.reply = ok(b"slow down", "Content-Type: text/plain", status="429 Too Many")
    with pytest.raises(APIStatusError, match="slow down") as caught:
        await chunks(body(""))
    assert caught.value.status_code == 429
    assert caught.value.retryable


async def test_a_line_that_never_ends(body, stub):
    """A piece without an end is given up before it fills the memory."""
    stub.reply = chunked(*[b"a" * 65_536] * 20, label="text/event-stream")
    with pytest.raises(APIError, match="a line of the answer never ends"):
        await chunks(body(""))


async def test_interruption_stops_the_request(body, stub, stalled):
    """When the caller interrupts, the service sees that nobody reads any more."""
    stub.reply = service = stalled(b"data: Once upon\n\n", "text/event-stream")
    stream = body("").chat(chat_ctx=asking(), conn_options=ONCE)
    first = await anext(aiter(stream))
    assert first.delta.content == "Once upon"
    await stream.aclose()
    async with asyncio.timeout(5):
        await service.gone.wait()


async def test_a_pause_between_pieces(style, openai):
    """Chunks without words, as some services send to keep the line, say nothing."""
    openai.answer = lambda _: stream(chunk({}), chunk({"content": None}), chunk({"content": "Yes"}))
    assert words(await chunks(style())) == "Yes"
