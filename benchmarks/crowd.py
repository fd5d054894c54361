"""How many calls this machine holds: lkrun, and a hand-written worker of the same pipeline.

By voice: 1, 3, 5, 7, 10 calls at once; the machine holds so many until the median turn takes twice
as long as with one call, or a turn fails. By text alone: one call, and twenty at once. LiveKit's
server and the callers run on the same machine. Needs LiveKit's server: LKRUN_LIVEKIT_SERVER, or
`livekit-server` on the path.

Targets: at least as many voice calls; no failure among twenty text calls.
Run: ``python benchmarks/crowd.py [--quick]``, about 10 minutes.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from callers import SPOKEN, Caller, NoAnswerError, calling, speech
from calls import rest
from figures import Quiet, p95
from machine import Beside, cpu, pss
from programs import HANDWRITTEN, LKRUN, LKRUN_TEXT, Stage, run, stage

QUICK = "--quick" in sys.argv
VOICE = (1, 3) if QUICK else (1, 3, 5, 7, 10)
TEXT = (1, 5) if QUICK else (1, 20)
_SECONDS = 6.0 if QUICK else 15.0
_PAUSE = 1.5
_CALLERS_A_PROCESS = 5
_PATIENCE = 8.0
_ANSWER = "What can I do for you?"


@dataclass
class Call:
    """What a caller saw.

    Attributes:
        joined: seconds from the dispatch to the agent; None: it never came.
        turns: seconds from the end of what the caller said to the answer, turn by turn.
        failed: turns without an answer.
    """

    joined: float | None = None
    turns: list[float] = field(default_factory=list)
    failed: int = 0


@dataclass
class Row:
    """Some calls at once."""

    calls: list[Call]
    cores: float
    worker_cores: float
    worker_pss: float
    beside: float

    @property
    def turns(self) -> list[float]:
        """Of all calls."""
        return [turn for call in self.calls for turn in call.turns]

    @property
    def failed(self) -> int:
        """Turns without an answer, and calls without an agent."""
        return sum(call.failed + (call.joined is None) for call in self.calls)

    @property
    def median(self) -> float:
        """Seconds of a turn."""
        return statistics.median(self.turns) if self.turns else float("inf")

    def line(self, side: str, first: Row) -> str:
        """What is printed of it."""
        joined = [call.joined for call in self.calls if call.joined is not None]
        came = f"{statistics.median(joined):5.2f} s ({max(joined):5.2f})" if joined else "  none"
        high = p95(self.turns) * 1000 if self.turns else float("inf")
        return (
            f"{len(self.calls):3} {side:<12} {self.median * 1000:6.0f} ms "
            f"({self.median / first.median:4.1f} x)  p95 {high:6.0f} ms  "
            f"{len(self.turns):4} turns, {self.failed:2} failed  joined {came}  "
            f"machine {self.cores:4.2f} cores, worker {self.worker_cores:4.2f}, "
            f"{self.worker_pss / 1e6:5.0f} MB PSS  beside {self.beside:4.2f}"
        )


def hold(url: str, agent: str, calls: int, *, voice: bool) -> list[Call]:
    """Make some calls at once; runs in a process of its own."""

    async def together() -> list[Call]:
        words = speech(SPOKEN)
        return list(await asyncio.gather(*(_call(url, agent, voice, words) for _ in range(calls))))

    return asyncio.run(together())


async def _call(url: str, agent: str, voice: bool, words: object) -> Call:
    found = Call()
    async with calling(url, microphone=voice) as caller:
        begun = await caller.call(agent, "" if voice else "text")
        try:
            found.joined = await caller.met() - begun
            await (caller.heard(begun) if voice else asyncio.sleep(0.5))
        except NoAnswerError:
            found.joined = None
            return found
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            try:
                found.turns.append(await (_spoken(caller, words) if voice else _written(caller)))
            except NoAnswerError:
                found.failed += 1
            await asyncio.sleep(_PAUSE)
    return found


async def _spoken(caller: Caller, words: object) -> float:
    await caller.quiet()
    said = await caller.says(words)
    return await caller.heard(said, _PATIENCE) - said


async def _written(caller: Caller) -> float:
    written = await caller.writes("hello")
    return await caller.read(written, _ANSWER, _PATIENCE) - written


async def row(up: Stage, pool: ProcessPoolExecutor, agent: str, calls: int, *, voice: bool) -> Row:
    """Measure some calls at once."""
    worker, loop = up.worker(agent), asyncio.get_running_loop()
    beside, begun, used = Beside(), time.monotonic(), cpu(worker.tree)
    sizes = [min(_CALLERS_A_PROCESS, calls - at) for at in range(0, calls, _CALLERS_A_PROCESS)]
    tasks = [
        loop.run_in_executor(pool, _hold_voice if voice else _hold_text, up.livekit.url, agent, n)
        for n in sizes
    ]
    await asyncio.sleep(_SECONDS * 0.8)
    memory = pss(worker.tree)
    results = await asyncio.gather(*tasks)
    took = time.monotonic() - begun
    return Row(
        [call for some in results for call in some],
        beside.machine(),
        (cpu(worker.tree) - used) / took,
        memory,
        beside.cores(),
    )


def _hold_voice(url: str, agent: str, calls: int) -> list[Call]:
    return hold(url, agent, calls, voice=True)


def _hold_text(url: str, agent: str, calls: int) -> list[Call]:
    return hold(url, agent, calls, voice=False)


async def crowd(
    up: Stage, pool: ProcessPoolExecutor, quiet: Quiet, *, voice: bool
) -> dict[str, list[Row]]:
    """Measure all numbers of calls with both workers, by turns."""
    sides = {"hand-written": HANDWRITTEN, "lkrun": LKRUN if voice else LKRUN_TEXT}
    rows: dict[str, list[Row]] = {side: [] for side in sides}
    for agent in sides.values():
        await row(up, pool, agent, 1, voice=voice)  # the first is slower in both
    for calls in VOICE if voice else TEXT:
        for side, agent in sides.items():
            while True:
                await rest(up)
                made = await row(up, pool, agent, calls, voice=voice)
                first = rows[side][0] if rows[side] else made
                if not quiet.again(made.beside):
                    break
            rows[side].append(made)
            print(made.line(side, first), flush=True)
    return rows


def held(rows: list[Row]) -> int:
    """The most calls whose turns take less than twice as long as one call's, and never fail."""
    good = [len(row.calls) for row in rows if not row.failed and row.median < 2 * rows[0].median]
    return max(good, default=0)


async def main() -> None:
    """Measure and print."""
    quiet = Quiet(tries=1 if QUICK else 3)
    spawn = multiprocessing.get_context("spawn")
    async with stage() as up:
        with ProcessPoolExecutor(4, mp_context=spawn) as pool:
            print("voice calls at once")
            voice = await crowd(up, pool, quiet, voice=True)
            print("text calls at once")
            text = await crowd(up, pool, quiet, voice=False)
    by_hand, ours = held(voice["hand-written"]), held(voice["lkrun"])
    verdict = "ok" if ours >= by_hand else "MISSED"
    print(f"voice calls held: hand-written {by_hand}, lkrun {ours}  {verdict}")
    last = text["lkrun"][-1]
    if last.turns:
        high, one = p95(last.turns), p95(text["lkrun"][0].turns)
        verdict = "MISSED" if last.failed else "ok"
        print(
            f"{len(last.calls)} text calls of lkrun: {last.failed} failures {verdict}; "
            f"p95 {high * 1000:.0f} ms, {high / one:.1f} x one call's"
        )
    print(quiet.line())


if __name__ == "__main__":
    run(main(), 2400)
