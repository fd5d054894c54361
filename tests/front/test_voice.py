"""A call by voice over the front's own WebSocket: what may be sent, and what is told."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

import aiohttp
import pytest
from front.test_tokens import SEALED, TOKENS, Now, guarded
from support.one_loop import fixture

from runner.front.port import DialogueError
from runner.front.routes import voice

PATH = "/v1/agents/clinic/voice"
TOLD = {"type": "session", "id": "voice_1"}


async def told(socket):
    """The next text frame."""
    return json.loads(await socket.receive_str(timeout=5))


@fixture
async def socket(ask):
    """A call that has begun."""
    async with ask.session.ws_connect(f"{ask.base}{PATH}?rate=24000") as socket:
        assert await told(socket) == TOLD
        yield socket


async def test_sound_goes_both_ways_and_events_between(socket, runner):
    """What comes is heard at the caller's rate; what is said and told keeps its order."""
    assert runner.line.rate == 24000
    await socket.send_bytes(b"\1\0" * 480)
    await runner.line.came.wait()
    assert runner.line.heard == [b"\1\0" * 480]
    event = {"type": "message", "role": "agent", "text": "Guten Tag, é"}
    for piece in ({"type": "speaking", "who": "agent"}, b"\2\0" * 480, event, {"type": "clear"}):
        runner.line.pieces.put_nowait(piece)
    assert await told(socket) == {"type": "speaking", "who": "agent"}
    assert await socket.receive_bytes(timeout=5) == b"\2\0" * 480
    assert [await told(socket), await told(socket)] == [event, {"type": "clear"}]


async def test_what_is_written_and_pressed_is_taken(socket, runner):
    """Both stand beside speaking."""
    for frame in ({"type": "text", "text": "hello"}, {"type": "keypad", "keys": "12#"}):
        runner.line.came.clear()
        await socket.send_json(frame)
        await runner.line.came.wait()
    assert runner.line.said == [("text", "hello"), ("keys", "12#")]


async def test_the_call_ends_the_socket(socket, runner):
    """1000 after all that was still to be told."""
    for piece in ({"type": "end", "reason": "end_call"}, None):
        runner.line.pieces.put_nowait(piece)
    assert await told(socket) == {"type": "end", "reason": "end_call"}
    assert (await socket.receive(timeout=5)).type == aiohttp.WSMsgType.CLOSE
    assert socket.close_code == 1000
    await asyncio.wait_for(runner.line.gone.wait(), 5)


@pytest.mark.parametrize("how", ["end", "close", "lost", "half"])
async def test_a_caller_who_goes_hangs_up(socket, runner, how):
    """In order, or because the connection is gone."""
    if how == "end":
        await socket.send_json({"type": "end"})
        await asyncio.wait_for(runner.line.gone.wait(), 5)
        for piece in ({"type": "end", "reason": "caller_left"}, None):
            runner.line.pieces.put_nowait(piece)
        assert await told(socket) == {"type": "end", "reason": "caller_left"}
    elif how == "close":
        await socket.close()
    elif how == "half":
        socket._response.connection.transport.write_eof()  # it still reads, and says no more
    else:
        socket._response.connection.transport.abort()
    await asyncio.wait_for(runner.line.gone.wait(), 5)


async def test_a_caller_who_does_not_answer_a_ping_has_gone(ask, runner, monkeypatch):
    """Their connection is open, and nobody is there: no end of it is ever told."""
    monkeypatch.setattr(voice, "_BEAT", 0.2)
    async with ask.session.ws_connect(f"{ask.base}{PATH}?rate=24000", autoping=False) as socket:
        assert await told(socket) == TOLD
        await asyncio.wait_for(runner.line.gone.wait(), 20)


async def test_two_hundred_open_sockets_keep_nobody_out(ask):
    """Whoever asks for something else meanwhile is answered."""
    async with AsyncExitStack() as stack:
        every = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        session = await stack.enter_async_context(every)
        for _ in range(200):
            calling = session.ws_connect(f"{ask.base}{PATH}?rate=24000")
            assert await told(await stack.enter_async_context(calling)) == TOLD
        assert (await ask("GET", "/v1/agents")).status == 200


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        ("hello", "this frame is not JSON"),
        ("[" * 5000, "this frame is not JSON"),
        ("[1]", "a frame has a type, one of end, keypad, text"),
        ('{"type": "shout"}', "a frame has a type, one of end, keypad, text"),
        ('{"type": ["text"]}', "a frame has a type, one of end, keypad, text"),
        ('{"type": "text"}', "a frame of type 'text' has 'text', a text, and nothing else"),
        (
            '{"type": "text", "text": 5}',
            "a frame of type 'text' has 'text', a text, and nothing else",
        ),
        (
            '{"type": "keypad", "keys": "1", "more": 1}',
            "a frame of type 'keypad' has 'keys', a text, and nothing else",
        ),
        (b"\1", "a frame of sound has an odd number of bytes: samples have two"),
    ],
)
async def test_a_frame_that_is_none_is_told_and_the_call_goes_on(socket, runner, frame, why):
    """The caller reads what was wrong."""
    send = socket.send_bytes if isinstance(frame, bytes) else socket.send_str
    await send(frame)
    assert await told(socket) == {"type": "error", "message": why}
    await socket.send_bytes(b"\0\0")
    await runner.line.came.wait()
    assert runner.line.heard == [b"\0\0"]


async def test_sound_that_comes_too_fast_is_told_once(socket, runner):
    """Not for each piece, which would be as many words again."""
    runner.line.takes = False
    for _ in range(3):
        await socket.send_bytes(b"\0\0")
    await socket.send_str("x")
    faster = "sound comes faster than it can be spoken: some of it is not heard"
    assert await told(socket) == {"type": "error", "message": faster}
    assert (await told(socket))["message"] == "this frame is not JSON"


async def test_a_frame_without_end_closes_the_call(socket, runner):
    """Nothing larger than 64 KB is held."""
    await socket.send_bytes(bytes(65 * 1024))
    assert (await socket.receive(timeout=5)).type == aiohttp.WSMsgType.CLOSE
    await asyncio.wait_for(runner.line.gone.wait(), 5)


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("", "no rate of sound is given"),
        ("?rate=8000", "'8000' is no rate of sound"),
        ("?rate=48001", "'48001' is no rate of sound"),
        ("?rate=24k", "'24k' is no rate of sound"),
        ("?rate=٢٤٠٠٠", "'٢٤٠٠٠' is no rate of sound"),
        ("?rate=" + "9" * 5000, f"'{'9' * 20}' is no rate of sound"),
    ],
)
async def test_the_rate_must_be_one(ask, runner, query, what):
    """It is told before a call begins."""
    answer = await ask("GET", PATH + query)
    assert (answer.status, answer.error["message"]) == (400, what)
    assert "?rate=24000" in answer.error["help"]
    assert runner.line is None


async def test_a_request_that_is_no_websocket_begins_no_call(ask, runner):
    """It is told how to ask."""
    answer = await ask("GET", PATH + "?rate=24000")
    assert (answer.status, answer.error["code"]) == (400, "bad_request")
    assert answer.error["help"] == "begin the address with ws:// or wss://"
    assert runner.line is None


@pytest.mark.parametrize(
    ("code", "status"),
    [("unknown_agent", 404), ("full", 503), ("draining", 503), ("bad_request", 400)],
)
async def test_a_call_that_cannot_be_is_refused_as_all_requests_are(ask, runner, code, status):
    """Before the connection becomes a WebSocket."""
    runner.refuses = DialogueError(code, "so it is")
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await ask.session.ws_connect(f"{ask.base}{PATH}?rate=24000")
    assert caught.value.status == status


async def test_another_page_cannot_call(ask, runner):
    """A WebSocket is not bound by a browser's own rules: the front looks at `Origin` itself."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await ask.session.ws_connect(
            f"{ask.base}{PATH}?rate=24000", headers={"Origin": "https://evil.example"}
        )
    assert (caught.value.status, runner.line) == (403, None)


@pytest.mark.parametrize(
    "protocols",
    [
        ("lkrun", f"lkrun.bearer.{TOKENS[0]}"),
        (f"lkrun.bearer.{TOKENS[0]}",),
        ("lkrun", "lkrun.bearer.zweiter-schl%C3%BCssel"),
    ],
)
async def test_a_browser_sends_its_token_as_a_subprotocol(runner, protocols):
    """It can set no header there; one of what it offers is chosen, or it would not go on."""
    async with guarded(runner, Now(tokens=SEALED)) as ask:
        address = f"{ask.base}{PATH}?rate=24000"
        async with ask.session.ws_connect(address, protocols=protocols) as socket:
            assert socket.protocol == protocols[0]


@pytest.mark.parametrize("protocols", [("lkrun", "lkrun.bearer.another"), ("lkrun",), ()])
async def test_who_sends_no_token_cannot_call(runner, protocols):
    """As with every other request."""
    async with guarded(runner, Now(tokens=SEALED)) as ask:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await ask.session.ws_connect(f"{ask.base}{PATH}?rate=24000", protocols=protocols)
    assert (caught.value.status, runner.line) == (401, None)


async def test_the_front_ends_the_calls_that_it_holds(front, socket, runner):
    """Who stops it waits for nobody who speaks."""
    stopping = asyncio.ensure_future(front.stop())
    assert (await socket.receive(timeout=5)).type == aiohttp.WSMsgType.CLOSE
    assert socket.close_code == 1001
    await asyncio.wait_for(stopping, 5)
    assert runner.line.gone.is_set()
