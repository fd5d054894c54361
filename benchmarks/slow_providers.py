"""Stand-ins for OpenAI's voice and model on this machine, which need their time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aiohttp import web
from lkrun_espeak import engine
from lkrun_espeak.engine import Manner

VOICE: Final = 0.3
"""Seconds until the first sound of the slow voice."""

HANDSHAKE: Final = 0.1
"""Seconds that the network adds to each new connection."""

_ANSWER: Final = 0.05
_WORDS: Final = "Good day, what can I do for you?"


def _sound() -> bytes:
    """Some words at 24 kHz, without the silence before them; the rate of the voice is near."""
    pieces: list[bytes] = []

    def take(piece: bytes) -> bool:
        pieces.append(piece)
        return True

    engine.speak(_WORDS, Manner("en-us", 175, 50, 100), take)
    return b"".join(pieces)


def _app(voice: float) -> web.Application:
    sound = _sound()

    async def speech(request: web.Request) -> web.StreamResponse:
        await request.read()
        await asyncio.sleep(voice)
        answer = web.StreamResponse(headers={"Content-Type": "audio/pcm"})
        await answer.prepare(request)
        await answer.write(sound)
        return answer

    async def completion(request: web.Request) -> web.StreamResponse:
        await request.read()
        await asyncio.sleep(_ANSWER)
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        delta = {"role": "assistant", "content": _WORDS}
        piece = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
        for each in (
            {"index": 0, "delta": delta, "finish_reason": None},
            {"index": 0, "delta": {}, "finish_reason": "stop"},
        ):
            line = json.dumps({**piece, "choices": [each]})
            await answer.write(f"data: {line}\n\n".encode())
        await answer.write(b"data: [DONE]\n\n")
        return answer

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": []})

    app = web.Application()
    app.router.add_post("/v1/audio/speech", speech)
    app.router.add_post("/v1/chat/completions", completion)
    app.router.add_get("/v1/models", models)
    return app


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that is its own authority, and its key."""
    made, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(made)],
        check=True, capture_output=True,
    )  # fmt: skip
    return made, key


@contextlib.asynccontextmanager
async def slow_voice() -> AsyncIterator[int]:
    """The voice that needs 300 ms, and its model; gives the port."""
    async with _site(_app(VOICE), None) as port:
        yield port


@contextlib.asynccontextmanager
async def far_away(made: Path, key: Path) -> AsyncIterator[int]:
    """Voice and model behind TLS, whose handshake takes 100 ms; gives the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    async with _site(_app(0.02), context) as port:
        server = await asyncio.start_server(
            lambda reader, writer: _delayed(reader, writer, port), "127.0.0.1", 0
        )
        async with server:
            yield int(server.sockets[0].getsockname()[1])


async def _delayed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    await asyncio.sleep(HANDSHAKE)
    there, away = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(OSError):
        await asyncio.gather(_forward(reader, away), _forward(there, writer))


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def _site(app: web.Application, tls: ssl.SSLContext | None) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
