"""How long 200 conversation tests take, and what is left of 500 talks.

The folder is the demonstration with its tests many times over. Targets: 200 tests in 10 s of wall
clock on 2 cores; memory after 600 talks at most 5 % above that after 100.

Run: ``python benchmarks/conversation_tests.py [--quick]``, a minute.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
from machine import Beside

from runner.cache import Cache
from runner.compiler import Compiler
from runner.link.cases import cases
from runner.testing.mocks import TestSecrets
from runner.testing.suite import SuiteOptions, run_tests
from runner.testing.time import SimulatedLoop

ROOT = Path(__file__).resolve().parent.parent
QUICK = "--quick" in sys.argv
TESTS = 24 if QUICK else 200
ROUNDS = 1 if QUICK else 3
TALKS = (12, 36) if QUICK else (102, 600)
MOST_SECONDS, MOST_GROWTH = 10.0, 1.05


def folder(place: Path) -> Path:
    """The demonstration, with `TESTS` tests."""
    shutil.copytree(ROOT / "agents.d", place)
    file = place / "tests.yaml"
    _, *blocks = re.split(r"^(?=  \w+:\n)", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    many = (
        blocks[number % len(blocks)].replace(":\n", f"_{number}:\n", 1) for number in range(TESTS)
    )
    file.write_text("tests:\n" + "".join(many), encoding="utf-8")
    return place


def command(place: Path, env: Mapping[str, str]) -> tuple[float, float, float]:
    """One run of `lkrun test`: seconds of wall clock and CPU, and cores of others beside."""
    before, begun, beside = (
        resource.getrusage(resource.RUSAGE_CHILDREN),
        time.perf_counter(),
        Beside(),
    )
    done = subprocess.run(
        [sys.executable, "-m", "runner", "test", str(place), "--format", "json"],
        env=env, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or json.loads(done.stdout)["passed"] != TESTS:
        raise SystemExit(done.stdout[:2000] + done.stderr[:2000])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, beside.cores()


async def talks(place: Path, cache: Path) -> list[float]:
    """Bytes of this process after some talks, and after many."""
    compiled = Compiler(place, cache=Cache(cache)).compile()
    if compiled.release is None:
        raise SystemExit(str(compiled.diagnostics))
    chosen = cases(compiled.tests, compiled.release)[:6]
    agents = {each.name: compiled.release.agents[str(each.spec.agent)] for each in chosen}
    found, held = 0, []
    for wanted in TALKS:
        options = SuiteOptions(repeat=(wanted - found) // len(chosen))
        async for result in run_tests(chosen, agents, lambda: TestSecrets({}), options):
            if result.outcome != "passed":
                raise SystemExit(str(result.failures))
        found = wanted
        gc.collect()
        held.append(float(psutil.Process().memory_info().rss))
    return held


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        place, cache = folder(Path(scratch) / "agents.d"), Path(scratch) / "cache"
        env = {**os.environ, "LKRUN_CACHE_DIR": str(cache)}
        rows = [command(place, env) for _ in range(ROUNDS)]
        with asyncio.Runner(loop_factory=SimulatedLoop) as running:
            before, after = running.run(talks(place, cache))
    for wall, cpu, beside in rows:
        print(f"{TESTS} tests: {wall:5.1f} s wall, {cpu:5.1f} s CPU; {beside:.1f} cores of others")
    best = min(wall for wall, _, _ in rows)
    verdict = "ok" if best <= MOST_SECONDS else "MISSED"
    print(f"the quickest: {best:.1f} s  {verdict} (≤ {MOST_SECONDS:g} s)")
    growth = after / before
    verdict = "ok" if growth <= MOST_GROWTH else "MISSED"
    print(
        f"memory after {TALKS[0]} talks {before / 2**20:.1f} MiB, after {TALKS[1]} "
        f"{after / 2**20:.1f} MiB: {growth:.3f} x  {verdict} (≤ {MOST_GROWTH:g} x)"
    )


if __name__ == "__main__":
    main()
