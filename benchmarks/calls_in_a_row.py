"""Calls by voice, one after the other: do processes, descriptors or memory of the runner grow?

Each caller comes into a room of LiveKit's real server with a microphone, hears the greeting, asks a
question aloud, hears the answer, hangs up. Every tenth of the way /proc tells what the runner's
tree uses while nobody calls; two calls come first, so that what is loaded once is loaded. Needs
LiveKit's server: LKRUN_LIVEKIT_SERVER, or `livekit-server` on the path.

Run: ``python benchmarks/calls_in_a_row.py [COUNT]``, 20 calls without it; some 8 seconds a call.

Target: as many processes and descriptors after the last call as before the first, and memory
within 1.05 of it.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from callers import SPOKEN, NoAnswerError, calling, speech
from figures import p95
from machine import Beside
from programs import LKRUN, LiveKit, Lkrun, folder, run, service
from soak import State, settled

COUNT = int(next((each for each in sys.argv[1:] if each.isdecimal()), "20"))
_WARM = 2
_LOOKS = 10
_MORE = 1.05
"""Memory afterwards, against before, at most."""

_WORDS = speech(SPOKEN)


async def call(livekit: LiveKit) -> tuple[float, float]:
    """One call by voice: seconds to the greeting's first sound, and from question to answer."""
    async with calling(livekit.url, microphone=True) as caller:
        await asyncio.sleep(0.5)
        begun = await caller.call(LKRUN)
        greeted = await caller.heard(begun) - begun
        await caller.quiet()
        said = await caller.says(_WORDS)
        answered = await caller.heard(said) - said
        await caller.quiet()
        return greeted, answered


def growth(states: list[tuple[int, State]]) -> float:
    """Bytes that each call adds, by a line through all that was seen."""
    numbers, memory = [n for n, _ in states], [s.memory for _, s in states]
    return statistics.linear_regression(numbers, memory).slope


async def measure(livekit: LiveKit, runner: Lkrun, http: aiohttp.ClientSession) -> bool:
    """Print the states; says whether nothing has grown."""
    for _ in range(_WARM):
        await call(livekit)
    states = [(0, await settled(runner, http))]
    print(states[0][1].line("before the first"), flush=True)
    beside, begun, took, failed = Beside(), time.monotonic(), [], 0
    for number in range(1, COUNT + 1):
        try:
            took.append(await call(livekit))
        except NoAnswerError as error:
            failed += 1
            print(f"  call {number} failed: {error}", file=sys.stderr, flush=True)
        if number % max(1, COUNT // _LOOKS) == 0 or number == COUNT:
            states.append((number, await settled(runner, http, states[0][1])))
            print(states[-1][1].line(f"after {number} calls"), flush=True)
    greeted, answered = ([each[i] for each in took] for i in (0, 1))
    first, last = states[0][1], states[-1][1]
    grown = any(now > before for now, before in zip(last.level(), first.level(), strict=True))
    fine = not grown and not failed and last.memory <= first.memory * _MORE
    print(
        f"{COUNT} calls in {time.monotonic() - begun:.0f} s, {failed} failed; first sound "
        f"{statistics.median(greeted):.2f} s (p95 {p95(greeted):.2f}), answer "
        f"{statistics.median(answered):.2f} s (p95 {p95(answered):.2f}); "
        f"beside {beside.cores():.2f} cores\n"
        f"memory {last.memory / first.memory:.3f} x before, {growth(states) / 1e3:+.1f} KB a call; "
        f"{'ok: nothing grows' if fine else 'MISSED'}"
    )
    return fine


async def main() -> None:
    """Measure and print."""
    livekit = await asyncio.to_thread(LiveKit)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            async with service() as port, aiohttp.ClientSession() as http:
                place = folder(Path(scratch) / "calls", port)
                runner = await asyncio.to_thread(Lkrun, place, livekit.env)
                try:
                    fine = await measure(livekit, runner, http)
                finally:
                    await asyncio.to_thread(runner.stop)
    finally:
        await asyncio.to_thread(livekit.stop)
    if not fine:
        sys.exit(1)


if __name__ == "__main__":
    run(main(), 60 + 30 * COUNT)
