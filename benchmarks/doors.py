"""Whether a rate limit holds under 1,000 requests a second, and what a runner does when idle.

`lkrun serve` with the demonstration and `rate_limit: 60 per minute` is asked by ten programs at
once, at a steady pace; of the answers, at most the limit and what fills up meanwhile are no 429.
Then nobody asks, and the processor time of all its processes is counted.

Run: ``python benchmarks/doors.py [--quick]``, half a minute.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
from machine import cpu, tree

RATE, LIMIT = 1000, 60
SECONDS = 3 if "--quick" in sys.argv else 10
IDLE = 5 if "--quick" in sys.argv else 20
PROGRAMS = 10
SETTLE = 5.0
"""Seconds in which what follows a start is done."""

IDLE_AT_MOST = 0.01
"""Of a processor."""

DOORS = f"runner:\n  http:\n    rate_limit: {LIMIT} per minute\n"
ROOT = Path(__file__).parents[1]


@contextmanager
def served(home: Path) -> Iterator[tuple[int, str]]:
    """A runner, by its process id and its address."""
    folder = shutil.copytree(ROOT / "agents.d", home / "agents.d")
    (folder / "doors.yaml").write_text(DOORS, encoding="utf-8")
    words = ["serve", str(folder), "--port", "0", "--log-format", "json"]
    env = {n: v for n, v in os.environ.items() if not n.startswith("LIVEKIT")}
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", *words], cwd=home, stderr=subprocess.PIPE, text=True,
        env={**env, "LKRUN_STATE_DIR": str(home / "state"), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        lines = process.stderr or ()
        ready = next(each for each in map(json.loads, lines) if each["event"] == "ready")
        reading = threading.Thread(target=deque, args=(lines, 0), daemon=True)
        reading.start()  # a pipe that nobody reads holds up who writes to it
        yield process.pid, ready["http"]
    finally:
        process.terminate()
        process.wait(20)


async def asked(address: str) -> tuple[Counter[int], list[float]]:
    """Ask at a steady pace; gives how often each status came, and how long answers took."""
    statuses: Counter[int] = Counter()
    took: list[float] = []
    begun = time.perf_counter()

    async def program(number: int) -> None:
        async with aiohttp.ClientSession() as session:
            for turn in range(number, RATE * SECONDS, PROGRAMS):
                await asyncio.sleep(max(0.0, begun + turn / RATE - time.perf_counter()))
                sent = time.perf_counter()
                async with session.get(f"{address}/v1/agents") as answer:
                    await answer.read()
                    statuses[answer.status] += 1
                took.append(time.perf_counter() - sent)

    await asyncio.gather(*map(program, range(PROGRAMS)))
    passed = time.perf_counter() - begun
    print(f"  {RATE * SECONDS / passed:,.0f} requests a second for {passed:.1f} s")
    return statuses, sorted(took)


def main() -> int:
    """Print the figures; 1 where a target is missed."""
    with tempfile.TemporaryDirectory(prefix="lk-doors-") as home, served(Path(home)) as (pid, http):
        begun = time.perf_counter()
        before = cpu(tree(pid))
        print(f"a limit of {LIMIT} a minute")
        statuses, took = asyncio.run(asked(http))
        most = LIMIT + (time.perf_counter() - begun) * LIMIT / 60 + 1
        used = (cpu(tree(pid)) - before) / sum(statuses.values())
        held = LIMIT <= statuses[200] <= most and set(statuses) == {200, 429}
        print(f"  answered {dict(statuses)}, at most {most:.0f} of them may be 200: {_met(held)}")
        median, late = took[len(took) // 2], took[len(took) * 99 // 100]
        print(
            f"  {used * 1e6:.0f} µs of processor each; {median * 1e3:.1f} ms, p99 {late * 1e3:.1f}"
        )
        time.sleep(SETTLE)
        before = cpu(tree(pid))
        time.sleep(IDLE)
        idle = (cpu(tree(pid)) - before) / IDLE
        rests = idle <= IDLE_AT_MOST
        print(f"idle\n  {idle:.2%} of a processor, at most {IDLE_AT_MOST:.0%}: {_met(rests)}")
    return 0 if held and rests else 1


def _met(fine: bool) -> str:
    return "met" if fine else "MISSED"


if __name__ == "__main__":
    sys.exit(main())
