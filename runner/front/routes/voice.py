"""A call by voice over the front's own WebSocket (RFC 6455): sound both ways, without LiveKit.

Binary frames are samples of 16 bits, one channel, little-endian, at the rate that the caller names;
text frames are JSON objects with a `type`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any, Final

from aiohttp import WSCloseCode, WSMsgType, web

from runner.front.problems import HttpProblem
from runner.front.routes.route import ApiRequest, Route
from runner.front.talks_port import VoiceLine
from runner.front.tokens import PROTOCOL

RATES: Final = (16_000, 48_000)
"""The lowest and the highest rate."""

_BEAT: Final = 20.0
"""Seconds between two pings; who does not answer one has gone."""

_ENDING: Final = 5.0
"""Seconds in which a call ends whose caller hangs up."""

_LONGEST: Final = 64 * 1024
"""Bytes of a frame."""

_NAME: Final = "lkrun"
"""The subprotocol that is chosen where it is offered."""


async def _voice(request: ApiRequest) -> web.StreamResponse:
    agent = request.path["name"]
    # a browser reads why not by asking without a WebSocket
    request.runner.may_speak(agent, request.preview)
    rate = _rate(request.raw)
    socket = web.WebSocketResponse(
        heartbeat=_BEAT, max_msg_size=_LONGEST, protocols=_offered(request.raw)
    )
    if not socket.can_prepare(request.raw).ok:
        message = "a call by voice is a WebSocket, and this request is none"
        raise HttpProblem(400, "bad_request", message, "begin the address with ws:// or wss://")
    line = await request.runner.voice(agent, rate, request.caller, request.preview)
    try:
        await socket.prepare(request.raw)
        await _held(socket, line, request.site.closing)
    finally:
        line.hang_up()
    return socket


def _rate(request: web.Request) -> int:
    written = request.query.get("rate", "")
    lowest, highest = RATES
    if written.isascii() and written.isdigit() and lowest <= int(written[:6]) <= highest:
        return int(written[:6])
    what = f"'{written[:20]}' is no rate of sound" if written else "no rate of sound is given"
    hint = f"add ?rate=24000 to the address: samples a second, from {lowest} to {highest}"
    raise HttpProblem(400, "bad_request", what, hint)


def _offered(request: web.Request) -> tuple[str, ...]:
    """The subprotocols of the client of which one may be chosen: a browser wants an answer."""
    sent = ",".join(request.headers.getall("Sec-WebSocket-Protocol", [])).split(",")
    tokens = [each.strip() for each in sent if each.strip().startswith(PROTOCOL)]
    return (_NAME, *tokens)


async def _held(socket: web.WebSocketResponse, line: VoiceLine, closing: asyncio.Event) -> None:
    """Carry what comes either way, until the call, the caller or the front ends."""
    await _send(socket, {"type": "session", "id": line.session_id})
    telling = asyncio.ensure_future(_tell(socket, line))
    hearing = asyncio.ensure_future(_hear(socket, line))
    stopped = asyncio.ensure_future(closing.wait())
    tasks = (telling, hearing, stopped)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        line.hang_up()
        if hearing.done() and not socket.closed:  # who hangs up is told how the call ended
            await asyncio.wait({telling}, timeout=_ENDING)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(ConnectionError):
            code = WSCloseCode.GOING_AWAY if closing.is_set() else WSCloseCode.OK
            await socket.close(code=code)


async def _tell(socket: web.WebSocketResponse, line: VoiceLine) -> None:
    with contextlib.suppress(ConnectionError):
        async for piece in line.frames():
            if isinstance(piece, bytes):
                await socket.send_bytes(piece)
            else:
                await _send(socket, piece)


async def _hear(socket: web.WebSocketResponse, line: VoiceLine) -> None:
    hurried = False
    async for frame in socket:
        if frame.type == WSMsgType.TEXT:
            why = _take(line, frame.data)
            if why == _END:
                return
        elif frame.type != WSMsgType.BINARY:
            continue
        elif len(frame.data) % 2:
            why = "a frame of sound has an odd number of bytes: samples have two"
        else:
            late = not line.hear(frame.data)
            why = "sound comes faster than it can be spoken: some of it is not heard"
            why, hurried = (why, True) if late and not hurried else (None, late)
        if why is not None:
            await _send(socket, {"type": "error", "message": why})


_END: Final = "end"


def _take(line: VoiceLine, text: str) -> str | None:
    """Do what a text frame says; what is wrong with it, or that it ends the call."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return "this frame is not JSON"
    kind = frame.get("type") if isinstance(frame, dict) else None
    if kind == _END:
        return _END
    if not isinstance(kind, str) or kind not in _KINDS:
        known = ", ".join(sorted((*_KINDS, _END)))
        return f"a frame has a type, one of {known}"
    field, take = _KINDS[kind]
    if not isinstance(value := frame.get(field), str) or set(frame) != {"type", field}:
        return f"a frame of type '{kind}' has '{field}', a text, and nothing else"
    take(line, value)
    return None


_KINDS: Final[dict[str, tuple[str, Callable[[VoiceLine, str], None]]]] = {
    "text": ("text", lambda line, text: line.say(text)),
    "keypad": ("keys", lambda line, keys: line.press(keys)),
}


async def _send(socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
    await socket.send_str(json.dumps(frame, ensure_ascii=False, default=str))


ROUTES: Final = (
    Route(
        "voice",
        "GET",
        "/v1/agents/{name}/voice",
        _voice,
        "A call by voice over a WebSocket: 16 bit samples at `rate` both ways, JSON in text frames",
        status=101,
        kind="",
        callers=True,
        previews=True,
        errors=(400, 404, 503),
    ),
)
