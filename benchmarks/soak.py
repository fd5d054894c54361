"""Hundreds of calls in minutes: does the runner come back to where it was?

500 dialogues through the turns API of `lkrun serve`, eight at a time, each with a plain reply, a
tool, a handoff and its end; then 50 text calls over LiveKit, five at a time. Before and after,
/proc tells memory, processes, threads and file descriptors of the runner's tree; twenty dialogues
and five calls come first, so that what is loaded once is loaded. Needs LiveKit's server:
LKRUN_LIVEKIT_SERVER, or `livekit-server` on the path.

Run: ``python benchmarks/soak.py [--quick]``, about 3 minutes.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from callers import NoAnswerError, calling
from figures import p95
from machine import Beside, descriptors, pss, threads, uss
from programs import LKRUN_TEXT, LiveKit, Lkrun, folder, run, service

QUICK = "--quick" in sys.argv
DIALOGUES, CALLS = (60, 5) if QUICK else (500, 50)
_WARM_DIALOGUES, _WARM_CALLS = 20, 5
_DIALOGUES_AT_ONCE, _CALLS_AT_ONCE = 8, 5
_SETTLE = 40.0
_MORE = 1.10
"""Memory afterwards, against before, at most."""

_LINES = {
    "hello": "What can I do for you?",
    "what is free on monday": "There is nine, eleven.",
    "a question about my invoice": "Which invoice is it about?",
    "are you open on saturday": "we open again on Monday.",
}


@dataclass(frozen=True)
class State:
    """What /proc says of the runner's tree.

    Attributes:
        memory: bytes, PSS of the tree.
        own: bytes, USS of each of its processes that stay, the main one first.
    """

    memory: float
    own: tuple[float, ...]
    processes: int
    threads: int
    descriptors: int
    sessions: int

    def line(self, name: str) -> str:
        """What is printed of it."""
        own = ", ".join(f"{each / 1e6:.1f}" for each in self.own)
        return (
            f"{name:<22} {self.memory / 1e6:7.1f} MB  ({own} MB own)  {self.processes:2} processes "
            f"{self.threads:3} threads  {self.descriptors:3} descriptors  {self.sessions} sessions"
        )

    def level(self) -> tuple[int, int, int]:
        """What must be as before, and no more."""
        return self.processes, self.descriptors, self.sessions


async def state(runner: Lkrun, http: aiohttp.ClientSession) -> State:
    """Look now."""
    async with http.get(f"{runner.http}/v1/sessions") as answer:
        sessions = len(await answer.json())
    tree = runner.tree
    return State(
        pss(tree), tuple(map(uss, tree)), len(tree), threads(tree), descriptors(tree), sessions
    )


async def settled(runner: Lkrun, http: aiohttp.ClientSession, level: State | None = None) -> State:
    """Wait until nothing changes any more, or the level of another state is reached."""
    deadline, before = time.monotonic() + _SETTLE, await state(runner, http)
    while time.monotonic() < deadline:
        await asyncio.sleep(2)
        now = await state(runner, http)
        # memory is given back a little later than the rest
        if now.level() == before.level() and (level is None or _is_back(now, level)):
            return now
        before = now
    return before


def _is_back(now: State, level: State) -> bool:
    return all(a <= b for a, b in zip(now.level(), level.level(), strict=True))


async def dialogue(runner: Lkrun, http: aiohttp.ClientSession) -> list[float]:
    """One dialogue through the turns API: seconds of its turns."""
    url, session, took = f"{runner.http}/v1/agents/{LKRUN_TEXT}/turns", None, []
    for line, wanted in _LINES.items():
        begun = time.perf_counter()
        body = {"text": line, **({"session_id": session} if session else {})}
        async with http.post(url, json=body) as answer:
            said = await answer.json()
        took.append(time.perf_counter() - begun)
        if wanted not in said.get("text", ""):
            raise NoAnswerError(f"{line!r} was answered by {said}")
        session = said["session_id"]
    async with http.delete(f"{runner.http}/v1/sessions/{session}") as answer:
        answer.raise_for_status()
    return took


async def call(livekit: LiveKit) -> list[float]:
    """One text call over LiveKit: seconds of its turns."""
    took = []
    async with calling(livekit.url, microphone=False) as caller:
        begun = await caller.call(LKRUN_TEXT)
        await caller.read(begun, "Good day")
        for line, wanted in _LINES.items():
            written = await caller.writes(line)
            took.append(await caller.read(written, wanted) - written)
    return took


async def many(
    number: int, at_once: int, one: Callable[[], Awaitable[list[float]]]
) -> tuple[list[float], int]:
    """Have so many: seconds of all turns, and how many failed."""
    turns, failed, gate = [], 0, asyncio.Semaphore(at_once)

    async def each() -> None:
        nonlocal failed
        async with gate:
            try:
                turns.extend(await one())
            except (NoAnswerError, aiohttp.ClientError) as error:
                failed += 1
                print(f"  failed: {error}", file=sys.stderr)

    await asyncio.gather(*(each() for _ in range(number)))
    return turns, failed


async def measure(livekit: LiveKit, runner: Lkrun, http: aiohttp.ClientSession) -> None:
    """Print the states."""

    def talk() -> Awaitable[list[float]]:
        return dialogue(runner, http)

    def ring() -> Awaitable[list[float]]:
        return call(livekit)

    await many(_WARM_DIALOGUES, _DIALOGUES_AT_ONCE, talk)
    await many(_WARM_CALLS, _CALLS_AT_ONCE, ring)
    before = last = await settled(runner, http)
    print(before.line("before"), flush=True)
    lost = 0
    for name, number, at_once, one in (
        ("dialogues", DIALOGUES // 2, _DIALOGUES_AT_ONCE, talk),
        ("dialogues more", DIALOGUES - DIALOGUES // 2, _DIALOGUES_AT_ONCE, talk),
        ("calls", CALLS, _CALLS_AT_ONCE, ring),
    ):
        beside, begun = Beside(), time.monotonic()
        turns, failed = await many(number, at_once, one)
        took, lost = time.monotonic() - begun, lost + failed
        last = await settled(runner, http, before)
        print(last.line(f"after {number} {name}"))
        print(
            f"{'':<22} in {took:.0f} s, {failed} failed, a turn {p95(turns) * 1000:.0f} ms (p95), "
            f"beside {beside.cores():.2f} cores",
            flush=True,
        )
    back = _is_back(last, before) and last.memory <= before.memory * _MORE
    print(
        f"memory {last.memory / before.memory:.3f} x before; {lost} failed; "
        f"{'ok: nothing is left' if back and not lost else 'MISSED'}"
    )


async def main() -> None:
    """Measure and print."""
    livekit = await asyncio.to_thread(LiveKit)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            async with service() as port, aiohttp.ClientSession() as http:
                place = folder(Path(scratch) / "calls", port)
                runner = await asyncio.to_thread(Lkrun, place, livekit.env)
                try:
                    await measure(livekit, runner, http)
                finally:
                    await asyncio.to_thread(runner.stop)
    finally:
        await asyncio.to_thread(livekit.stop)


if __name__ == "__main__":
    run(main(), 1200)
