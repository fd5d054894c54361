"""A model whose reply has no end: does it take memory, and is the caller told?

A service answers like OpenAI's, and streams words as fast as they are read, for ever; LiveKit's
own plugin asks it. Ten dialogues at once ask for such a reply, three times each. Printed is the
memory of the runner's tree before, at its highest, and afterwards, and what was answered.

Run: ``python benchmarks/endless_reply.py``, half a minute. Target: memory at its highest within
1.25 of that before, every turn answered in 10 s.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web
from machine import pss
from programs import Lkrun, run

_AT_ONCE, _TURNS = 10, 3
_MORE, _LONG = 1.25, 10.0
_LOOK = 0.1

_FOLDER = """
agents:
  desk:
    mode: text
    start: host
    llm: brain
personas:
  host:
    instructions: You help.
    greeting:
      say: Hello.
providers:
  brain:
    llm: openai
    with:
      model: gpt-4.1-mini
      base_url: http://127.0.0.1:{port}/v1
      api_key: sk-none
"""


def _chunk(words: str) -> bytes:
    delta = {"role": "assistant", "content": words}
    data = {
        "id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
    }  # fmt: skip
    return f"data: {json.dumps(data)}\n\n".encode()


async def _for_ever(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    words = _chunk("on and on " * 20)
    while True:
        await answer.write(words)


@asynccontextmanager
async def _service() -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", _for_ever)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield int(runner.addresses[0][1])
    await runner.cleanup()


async def _talk(http: aiohttp.ClientSession, url: str) -> list[tuple[float, int]]:
    """Seconds and characters of each endless reply."""
    found, session = [], None
    for text in ("", *["tell me all"] * _TURNS):
        begun = time.monotonic()
        body = {"text": text, **({"session_id": session} if session else {})}
        async with http.post(url, json=body) as answer:
            said = await answer.json()
        session = said["session_id"]
        if text:
            found.append((time.monotonic() - begun, len(said["text"])))
    return found


async def _highest(runner: Lkrun, highest: list[float]) -> None:
    while True:
        highest[0] = max(highest[0], await asyncio.to_thread(lambda: pss(runner.tree)))
        await asyncio.sleep(_LOOK)


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        async with _service() as port, aiohttp.ClientSession() as http:
            folder = Path(scratch) / "agents.d"
            folder.mkdir()
            (folder / "a.yaml").write_text(_FOLDER.format(port=port))
            runner = await asyncio.to_thread(Lkrun, folder, {})
            try:
                url = f"{runner.http}/v1/agents/desk/turns"
                await _talk(http, url)  # what is loaded once is loaded
                before = pss(runner.tree)
                highest = [before]
                looking = asyncio.create_task(_highest(runner, highest))
                talks = await asyncio.gather(*(_talk(http, url) for _ in range(_AT_ONCE)))
                looking.cancel()
                after = pss(runner.tree)
            finally:
                await asyncio.to_thread(runner.stop)
    seconds = max(took for talk in talks for took, _ in talk)
    characters = max(length for talk in talks for _, length in talk)
    fine = highest[0] <= before * _MORE and seconds <= _LONG
    print(
        f"{_AT_ONCE * _TURNS} endless replies, {_AT_ONCE} at once: answered within {seconds:.1f} s,"
        f" with at most {characters:,} characters\n"
        f"memory {before / 1e6:.1f} MB before, {highest[0] / 1e6:.1f} MB at its highest, "
        f"{after / 1e6:.1f} MB after ({highest[0] / before:.2f} x); "
        f"{'ok: it stays flat' if fine else 'MISSED'}"
    )


if __name__ == "__main__":
    run(main(), 300)
