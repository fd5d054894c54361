"""`GET /v1/sessions/{id}/events`: what happens in a dialogue, as it happens."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

import pytest

from runner.front import event_stream
from runner.front.app import STOP_SECONDS


@pytest.fixture
def stream(ask):
    """Hear a dialogue: gives its events with their numbers, one after the other."""

    @contextlib.asynccontextmanager
    async def hear(session, headers=None, query=""):
        path = f"{ask.base}/v1/sessions/{session}/events{query}"
        async with ask.session.get(path, headers=headers or {}) as reply:
            assert reply.status == 200
            assert reply.headers["Content-Type"] == "text/event-stream; charset=utf-8"
            assert reply.headers["Cache-Control"] == "no-store"
            yield events(reply)

    async def events(reply):
        number = None
        async for raw in reply.content:
            name, _, value = raw.decode().rstrip("\n").partition(": ")
            if name == "id":
                number = int(value)
            elif name == "data":
                yield number, json.loads(value)
            elif name == ":":
                yield None, {}

    return hear


async def test_events_come_as_they_happen(ask, runner, stream):
    """From the first one on, also those that belong to no turn; the end closes the stream."""
    session = (await ask.turn()).json["session_id"]
    async with stream(session) as events:
        number, greeting = await anext(events)
        assert (number, greeting["text"][:8]) == (1, "Good day")
        await ask.turn(text="mary", session_id=session)
        assert [(await anext(events))[0] for _ in range(2)] == [2, 3]
        runner.happen(session, type="message", text="Are you still there?")
        assert (await anext(events))[1]["text"] == "Are you still there?"
        runner.happen(session, type="end", reason="max_duration")
        number, end = await anext(events)
        assert (number, end["reason"]) == (5, "max_duration")
        assert [each async for each in events] == []


@pytest.mark.parametrize(
    ("headers", "query"),
    [({"Last-Event-ID": "2"}, ""), ({}, "?after=2"), ({"Last-Event-ID": ""}, "?after=2")],
)
async def test_who_comes_back_hears_only_what_is_new(ask, stream, headers, query):
    """A browser that connects again names the last event that it has."""
    session = (await ask.turn(text="goodbye")).json["session_id"]
    async with stream(session, headers, query) as events:
        assert [number async for number, _ in events] == [3, 4]


async def test_a_turn_says_where_its_events_stand(ask):
    """So who hears both the stream and the answer knows what it has already."""
    first = (await ask.turn()).json
    second = (await ask.turn(text="mary", session_id=first["session_id"])).json
    assert (first["first_event"], second["first_event"]) == (1, 2)


async def test_what_is_no_number_is_refused(ask):
    """The number of an event is made of digits."""
    session = (await ask.turn()).json["session_id"]
    for wrong in ("x", "-1", "1.5", "²", "9" * 40):
        answer = await ask("GET", f"/v1/sessions/{session}/events?after={wrong}")
        assert (answer.status, answer.error["code"]) == (400, "bad_request")


async def test_silence_is_interrupted_by_a_beat(ask, stream, monkeypatch):
    """A comment now and then shows both sides that the other is there."""
    monkeypatch.setattr(event_stream, "BEAT", 0.02)
    session = (await ask.turn()).json["session_id"]
    async with stream(session) as events:
        await anext(events)
        assert await anext(events) == (None, {})


async def test_a_stream_does_not_hold_up_the_end_of_the_front(ask, front, stream):
    """Streams end at once when the front stops."""
    session = (await ask.turn()).json["session_id"]
    async with stream(session) as events:
        await anext(events)
        began = time.perf_counter()
        await front.stop()
        assert time.perf_counter() - began < STOP_SECONDS
        with contextlib.suppress(Exception):
            assert [each async for each in events] == []


async def test_a_client_that_leaves_takes_its_stream_along(ask, stream, monkeypatch):
    """Nobody goes on sending to who is gone."""
    monkeypatch.setattr(event_stream, "BEAT", 0.02)
    session = (await ask.turn()).json["session_id"]
    async with stream(session) as events:
        await anext(events)
    async with asyncio.timeout(10):
        while any("_next" in repr(task.get_coro()) for task in asyncio.all_tasks()):  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)
