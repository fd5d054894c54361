"""Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final

from aiohttp import web

BEAT: Final = 15.0
"""Seconds without an event after which a comment is sent: so a client that is gone is noticed."""

_KIND: Final = "text/event-stream; charset=utf-8"


async def send(
    request: web.Request,
    events: AsyncIterator[tuple[int, dict[str, Any]]],
    closing: asyncio.Event,
) -> web.StreamResponse:
    """Send events with their numbers as they come, until their end or that of the front."""
    response = web.StreamResponse(headers={"Content-Type": _KIND, "X-Accel-Buffering": "no"})
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    stopped = asyncio.ensure_future(closing.wait())
    coming = asyncio.ensure_future(_next(events))
    try:
        while not stopped.done():
            await asyncio.wait({coming, stopped}, timeout=BEAT, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                await response.write(b":\n\n")
                continue
            event = coming.result()
            if event is None:
                break
            await response.write(_message(*event))
            coming = asyncio.ensure_future(_next(events))
    finally:
        for task in (coming, stopped):
            task.cancel()
        await asyncio.gather(coming, stopped, return_exceptions=True)
    return response


async def _next(
    events: AsyncIterator[tuple[int, dict[str, Any]]],
) -> tuple[int, dict[str, Any]] | None:
    return await anext(events, None)


def _message(number: int, event: dict[str, Any]) -> bytes:
    data = json.dumps(event, ensure_ascii=False, default=str)
    return f"id: {number}\ndata: {data}\n\n".encode("utf-8", "replace")
