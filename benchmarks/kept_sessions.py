"""Dialogues by text, one after the other: what does the main process keep of each that has ended?

A session that has ended can be read for an hour, and 1,000 of them at most: so main may grow until
so many are kept, and no more afterwards. /proc tells the main process's own memory after every
fifth of either half; a line through it is what one dialogue adds.

Run: ``python benchmarks/kept_sessions.py [COUNT]``, 1,000 dialogues a half without it; some 10 ms a
dialogue. With fewer both halves lie below the bound, and it tells bytes a kept session alone.

Target: the second half adds less than 0.5 KB a dialogue.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

import aiohttp
from machine import uss
from programs import Lkrun, run

COUNT = int(next((each for each in sys.argv[1:] if each.isdecimal()), "1000"))
_KEPT = 1000
_LOOKS = 5
_WARM = 30
_MOST = 512
"""Bytes a dialogue in the second half, at most."""

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
personas:
  host:
    instructions: Be kind.
    greeting:
      say: Good day.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: What can I do for you?
      otherwise: Pardon?
"""


async def dialogue(runner: Lkrun, http: aiohttp.ClientSession) -> None:
    """A turn, and the end."""
    async with http.post(f"{runner.http}/v1/agents/desk/turns", json={"text": "hello"}) as answer:
        said = await answer.json()
    async with http.delete(f"{runner.http}/v1/sessions/{said['session_id']}") as answer:
        answer.raise_for_status()


async def half(runner: Lkrun, http: aiohttp.ClientSession, name: str) -> float:
    """So many dialogues: bytes that each adds to main."""
    numbers, memory = [0], [float(uss(runner.tree[0]))]
    for look in range(1, _LOOKS + 1):
        for _ in range(COUNT // _LOOKS):
            await dialogue(runner, http)
        numbers.append(look * (COUNT // _LOOKS))
        memory.append(float(uss(runner.tree[0])))
    slope = statistics.linear_regression(numbers, memory).slope
    seen = " ".join(f"{bytes_ / 1e6:.1f}" for bytes_ in memory)
    each = f"{slope / 1000:.2f} KB each"
    print(f"{name}: {numbers[-1]} dialogues, main {seen} MB: {each}", flush=True)
    return slope


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "agents.d"
        place.mkdir()
        (place / "desk.yaml").write_text(FOLDER)
        runner = await asyncio.to_thread(Lkrun, place, {})
        try:
            async with aiohttp.ClientSession() as http:
                for _ in range(_WARM):
                    await dialogue(runner, http)
                await half(runner, http, "first half")
                slope = await half(runner, http, "second half")
        finally:
            await asyncio.to_thread(runner.stop)
    if COUNT < _KEPT:
        print("fewer than are kept: nothing is judged")
    else:
        print("ok: nothing more is kept" if slope < _MOST else "MISSED")


if __name__ == "__main__":
    run(main(), 1200)
