"""Agents as models of OpenAI's chat completions, asked by OpenAI's own client."""

from __future__ import annotations

import asyncio

import openai
import pytest
from support.one_loop import fixture

from runner.front.port import DialogueError
from runner.front.talks_port import EarlierLine

pytestmark = pytest.mark.quick


def said(*lines):
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": line} for n, line in enumerate(lines)]


@fixture
async def client(front):
    host, port = front.address
    url = f"http://{host}:{port}/v1"
    async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as made:
        yield made


async def test_the_messages_are_all_that_is_known(client, runner):
    """A talk that took place elsewhere goes on without a greeting, and leaves nothing behind."""
    earlier = said("hello", "Hello, how can I help?", "An appointment please")
    messages = [{"role": "system", "content": "Be rude."}, *earlier]
    reply = await client.chat.completions.create(model="clinic", messages=messages, temperature=0.2)
    assert reply.choices[0].message.content.startswith("One moment, I am putting you through")
    assert reply.choices[0].finish_reason == "stop"
    assert reply.model == "clinic"
    assert reply.usage.prompt_tokens == 40
    assert reply.usage.total_tokens == 40 + reply.usage.completion_tokens
    assert runner.history == (
        EarlierLine("user", "hello"), EarlierLine("agent", "Hello, how can I help?"),
    )  # fmt: skip
    assert runner.dialogues == {}


async def test_parts_of_text_are_a_text(client, runner):
    """A message may come in parts; what is no text is refused."""
    parts = [{"type": "text", "text": "my name "}, {"type": "text", "text": "is mary"}]
    await client.chat.completions.create(
        model="clinic", messages=[{"role": "user", "content": parts}]
    )
    assert runner.asked[-1][1] == "my name is mary"
    image = {"type": "image_url", "image_url": {"url": "data:,"}}
    with pytest.raises(openai.BadRequestError, match="a part of the type 'image_url' is not read"):
        await client.chat.completions.create(
            model="clinic", messages=[{"role": "user", "content": [image]}]
        )


async def test_a_stream_has_the_pieces_as_they_come(client):
    """The deltas together are the answer; usage comes where it is asked for."""
    stream = await client.chat.completions.create(
        model="clinic", messages=said("An appointment please"), stream=True,
        stream_options={"include_usage": True},
    )  # fmt: skip
    chunks = [chunk async for chunk in stream]
    texts = [c.choices[0].delta.content for c in chunks if c.choices]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert len([text for text in texts if text]) > 3
    assert "".join(filter(None, texts)).startswith("One moment, I am putting you through")
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage.prompt_tokens == 40


@pytest.mark.parametrize("way", ["user", "header"])
async def test_a_dialogue_goes_on_by_its_name(client, runner, way):
    """`user` or X-Session-Id names a dialogue: it begins once, and its own state counts."""
    more = {"user": "u-1"} if way == "user" else {"extra_headers": {"X-Session-Id": "u-1"}}
    create = client.chat.completions.with_raw_response.create
    first = await create(model="clinic", messages=said("An appointment please"), **more)
    again = await create(model="clinic", messages=said("my name is mary"), **more)
    assert again.headers["X-Session-Id"] == first.headers["X-Session-Id"]
    assert len(runner.dialogues) == 1
    assert runner.history is None


async def test_a_dialogue_of_the_turns_goes_on(client, ask, runner):
    """The id of a dialogue that began elsewhere may stand in the header."""
    known = (await ask.turn(text="An appointment please")).json["session_id"]
    await client.chat.completions.create(
        model="clinic", messages=said("monday"), extra_headers={"X-Session-Id": known}
    )
    assert list(runner.dialogues) == [known]
    assert runner.dialogues[known].turns == 2


async def test_after_its_end_a_name_begins_anew(client, runner):
    """What the agent has ended does not go on."""
    for _ in range(2):
        await client.chat.completions.create(model="clinic", messages=said("goodbye"), user="u")
    assert [each.ended for each in runner.dialogues.values()] == [True, True]


async def test_two_requests_of_a_name_begin_one_dialogue(client, runner):
    """They queue."""
    await asyncio.gather(
        *(
            client.chat.completions.create(model="clinic", messages=said("monday"), user="u")
            for _ in range(4)
        )
    )
    assert [each.turns for each in runner.dialogues.values()] == [4]


async def test_models_are_the_agents(client):
    """`GET /v1/models` has their names."""
    assert [each.id async for each in await client.models.list()] == ["clinic", "hotel", "survey"]


async def test_an_unknown_model_is_told_those_there_are(client):
    """404 in OpenAI's shape."""
    with pytest.raises(openai.NotFoundError) as failure:
        await client.chat.completions.create(model="clinc", messages=said("hello"))
    assert failure.value.code == "model_not_found"
    assert "did you mean 'clinic'?" in failure.value.message


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"messages": []}, "messages"),
        ({"messages": said("hello", "Hello")}, "the last message is not the user's"),
        ({"messages": said(" ")}, "the last message is empty"),
        ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "1"}]}, "role 'tool'"),
        ({"messages": said("hi"), "n": 2}, "there is one answer"),
        ({"messages": said("hi"), "tools": [{"type": "function"}]}, "the tools are the agent's"),
    ],
)
async def test_what_cannot_be_answered_is_said_in_openais_shape(client, fields, words):
    """400 with what to change."""
    with pytest.raises(openai.BadRequestError) as failure:
        await client.chat.completions.create(model="clinic", **fields)
    assert words in failure.value.message
    assert failure.value.type == "invalid_request_error"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_full_runner_is_told_before_anything_is_sent(client, runner, stream):
    """503, with a stream too."""
    runner.refuses = DialogueError("full", "there are 1000 dialogues already")
    with pytest.raises(openai.InternalServerError) as failure:
        await client.chat.completions.create(model="clinic", messages=said("hi"), stream=stream)
    assert failure.value.status_code == 503
    assert failure.value.code == "full"
    assert failure.value.type == "server_error"
