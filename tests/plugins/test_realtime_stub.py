"""The stand-in for OpenAI's Realtime API speaks as OpenAI's own types have it.

It is used through LiveKit's real plugin, and all that goes over the wire is read by the models of
OpenAI's client library, which are generated from the API's description.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import aiohttp
import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions, function_tool, llm
from livekit.plugins.openai.realtime import RealtimeModel
from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from pydantic import TypeAdapter
from support.realtime_session import RATE, Call, Drop, Fail, Say, tone
from support.realtime_stub import RealtimeStub

SERVER = TypeAdapter(RealtimeServerEvent)
CLIENT = TypeAdapter(RealtimeClientEvent)


@function_tool
async def look_up(name: str) -> str:
    """Look a name up."""
    return name


class Session:
    """LiveKit's session with the stand-in, and what it tells."""

    def __init__(self, stub, **options):
        self.stub = stub
        self._http = aiohttp.ClientSession()
        self.model = RealtimeModel(
            api_key="key-1",
            base_url=stub.url,
            http_session=self._http,
            conn_options=APIConnectOptions(max_retry=2, retry_interval=0.01, timeout=5.0),
            **options,
        )
        self.talk = self.model.session()
        self.errors, self.heard, self.made = asyncio.Queue(), asyncio.Queue(), asyncio.Queue()
        self.started, self.stopped = asyncio.Event(), asyncio.Event()
        self.again = asyncio.Event()
        self.talk.on("error", self.errors.put_nowait)
        self.talk.on("input_audio_transcription_completed", self.heard.put_nowait)
        self.talk.on("generation_created", self.made.put_nowait)
        self.talk.on("input_speech_started", lambda _: self.started.set())
        self.talk.on("input_speech_stopped", lambda _: self.stopped.set())
        self.talk.on("session_reconnected", lambda _: self.again.set())

    async def close(self):
        with suppress(APIConnectionError):  # LiveKit's session ends with what ended it
            await self.talk.aclose()
        await self._http.close()
        for event in self.stub.sent:
            SERVER.validate_json(json.dumps(event), strict=True)
        for event in self.stub.events:
            CLIENT.validate_python(event)

    def speak(self, seconds, loud=8_000):
        data = tone(seconds, loud)
        self.talk.push_audio(rtc.AudioFrame(data, RATE, 1, len(data) // 2))


@pytest.fixture
async def begin():
    """Sessions that end with the test, when each event on the wire is held against the types."""
    open_sessions, stubs = [], []

    def start(answer=lambda request: Say(f"heard: {request.text}"), options=None, **of_stub):
        stubs.append(RealtimeStub(answer, **of_stub).__enter__())
        open_sessions.append(Session(stubs[-1], **(options or {})))
        return open_sessions[-1]

    yield start
    try:
        for session in open_sessions:
            await session.close()
    finally:
        for stub in stubs:
            stub.__exit__(None, None, None)


async def spoken(generation):
    """The words, the seconds of sound and the calls of a response."""
    words, sound = "", 0.0
    async for message in generation.message_stream:
        async for piece in message.text_stream:
            words += piece
        async for frame in message.audio_stream:
            sound += frame.duration
    return words, sound, [call async for call in generation.function_stream]


async def test_it_speaks(begin):
    """A reply comes as sound and as its words, with the instructions and the key that were set."""
    session = begin(lambda request: Say(f"told: {request.instructions}"))
    await session.talk.update_instructions("Be brief.")
    words, sound, _ = await spoken(await session.talk.generate_reply(instructions="Greet."))
    assert words == "told: Be brief.\nGreet."
    assert sound == pytest.approx(0.06 * 4)
    assert session.stub.keys == ["key-1"]
    assert session.stub.models == ["gpt-realtime"]


async def test_it_writes(begin):
    """A model that is asked for text answers without sound."""
    session = begin(lambda _: Say("In words."), {"modalities": ["text"]})
    assert await spoken(await session.talk.generate_reply()) == ("In words.", 0.0, [])
    assert session.stub.sessions[0]["output_modalities"] == ["text"]


async def test_it_calls_functions(begin):
    """A function is called with its arguments, and what it answers reaches the model."""
    session = begin(lambda a: Say(a.outputs[0]) if a.outputs else Call("look_up", {"name": "Ann"}))
    await session.talk.update_tools([look_up])
    _, _, (called,) = await spoken(await session.talk.generate_reply())
    assert (called.name, json.loads(called.arguments)) == ("look_up", {"name": "Ann"})
    chat = session.talk.chat_ctx.copy()
    chat.items.append(
        llm.FunctionCallOutput(
            name="look_up", call_id=called.call_id, output="found", is_error=False
        )
    )
    await session.talk.update_chat_ctx(chat)
    words, _, _ = await spoken(await session.talk.generate_reply())
    assert words == "found"


async def test_it_hears(begin):
    """Sound begins a turn, silence ends it; it is understood and answered without being asked."""
    session = begin(hears=lambda _: "book a table")
    session.speak(0.3)
    await session.started.wait()
    session.speak(0.8, loud=0)
    await session.stopped.wait()
    partial = [await session.heard.get() for _ in range(4)]
    assert [each.transcript for each in partial][-2:] == ["book a table", "book a table"]
    assert [each.is_final for each in partial] == [False, False, False, True]
    words, _, _ = await spoken(await session.made.get())
    assert words == "heard: book a table"


async def test_turns_by_hand(begin):
    """Without its turn detection sound is committed, and answered when a reply is asked for."""
    session = begin(options={"turn_detection": None})
    session.talk.clear_audio()
    session.speak(0.3)
    session.talk.commit_audio()
    words, _, _ = await spoken(await session.talk.generate_reply())
    assert words == "heard: hello there"
    assert not session.started.is_set()


async def test_it_is_interrupted(begin):
    """A reply that is cancelled ends; what was not heard of it is cut off."""
    session = begin(lambda _: Say("on and on", endless=True))
    reply = await session.talk.generate_reply()
    async for message in reply.message_stream:
        async for _ in message.text_stream:
            session.talk.interrupt()
            session.talk.truncate(
                message_id=message.message_id, modalities=["audio"], audio_end_ms=60
            )
    done = next(e for e in session.stub.sent if e["type"] == "response.done")
    assert done["response"]["status"] == "cancelled"


async def test_items_are_deleted(begin):
    """What is taken out of the conversation is gone from the server's as well."""
    session = begin()
    chat = llm.ChatContext.empty()
    chat.add_message(role="user", content="first")
    chat.add_message(role="user", content="second")
    await session.talk.update_chat_ctx(chat)
    await session.talk.update_chat_ctx(llm.ChatContext(chat.items[:1]))
    words, _, _ = await spoken(await session.talk.generate_reply())
    assert words == "heard: first"


async def test_what_fails_is_told(begin):
    """A response that fails is an error that does not end the session."""
    session = begin(lambda _: Fail("busy", code="rate_limit_exceeded"))
    await spoken(await session.talk.generate_reply())
    error = await session.errors.get()
    assert error.recoverable
    session.stub.answer = lambda _: Say("Here again.")
    assert (await spoken(await session.talk.generate_reply()))[0] == "Here again."


async def test_events_are_refused(begin):
    """An event that cannot be done is answered with its code and the id of the event."""
    session = begin()
    session.talk.send_event({"type": "response.cancel", "event_id": "mine", "response_id": "none"})
    session.talk.send_event({"type": "input_audio_buffer.commit"})
    session.talk.send_event({"type": "conversation.item.delete", "item_id": "none"})
    await session.errors.get()
    refused = [e["error"] for e in session.stub.sent if e["type"] == "error"]
    assert [e["code"] for e in refused] == [
        "response_cancel_not_active",
        "input_audio_buffer_commit_empty",
        "item_delete_invalid_item_id",
    ]
    assert refused[0]["event_id"] == "mine"


@pytest.mark.parametrize("how", ["in a response", "between"])
async def test_a_lost_connection_is_made_again(begin, how):
    """LiveKit connects anew, with the instructions, the functions and what was said."""
    session = begin(
        lambda request: Drop() if request.text == "drop" else Say(f"heard: {request.text}")
    )
    await session.talk.update_instructions("Be brief.")
    await session.talk.update_tools([look_up])
    chat = llm.ChatContext.empty()
    chat.add_message(role="user", content="drop" if how == "in a response" else "keep this")
    await session.talk.update_chat_ctx(chat)
    if how == "between":
        session.stub.drop()
    else:
        session.talk.generate_reply()
    await session.again.wait()
    session.stub.answer = lambda request: Say(f"heard: {request.text}, {request.tools}")
    words, _, _ = await spoken(await session.talk.generate_reply())
    assert words == f"heard: {chat.items[0].text_content}, ['look_up']"
    assert session.stub.sessions[1]["instructions"] == "Be brief."


async def test_a_key_is_refused(begin):
    """A key that the service does not know is an error that LiveKit does not recover from."""
    session = begin(refuse=401)
    errors = [await session.errors.get() for _ in range(3)]
    assert [each.recoverable for each in errors] == [True, True, False]
