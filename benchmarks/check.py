"""How long `lkrun check` takes: start-up, 1,000 files cold and with the cache.

Run: python benchmarks/check.py. Targets: start-up ≤ 0.35 s, cold ≤ 6 s of one core, cached ≤ 0.3 s
over start-up.
"""

from __future__ import annotations

import cProfile
import os
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from folders import write

ROOT = Path(__file__).resolve().parent.parent


def run(folder: Path, cache: Path) -> tuple[float, float]:
    """One run of the command: seconds of wall clock and of CPU, children of it included."""
    env = {**os.environ, "LKRUN_CACHE_DIR": str(cache), "PYTHONDONTWRITEBYTECODE": ""}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "runner", "check", str(folder)],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stdout[:2000] + done.stderr[:2000])
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def medians(times: list[tuple[float, float]]) -> str:
    """Median wall clock and CPU of some runs."""
    wall, cpu = (statistics.median(t) for t in zip(*times, strict=True))
    return f"{wall:6.2f} s wall, {cpu:6.2f} s CPU"


def profile(folder: Path) -> str:
    """Where the time of a cold compile goes, by room."""
    sys.path.insert(0, str(ROOT))
    from runner.cache import Cache  # noqa: PLC0415 - measured
    from runner.compiler import Compiler  # noqa: PLC0415 - measured

    with tempfile.TemporaryDirectory() as cache:
        profiler = cProfile.Profile()
        profiler.runcall(Compiler(folder, cache=Cache(Path(cache))).compile)
    rows = pstats.Stats(profiler).stats  # type: ignore[attr-defined]  # public enough: the table that print_stats prints
    return "\n".join(f"    {name:32} {seconds:6.2f} s" for name, seconds in _rooms(rows))


def _rooms(
    rows: dict[tuple[str, int, str], tuple[int, int, float, float, dict[str, float]]],
) -> list[tuple[str, float]]:
    wanted = (
        "runner/source/scan.py:scan",
        "runner/syntax/parse.py:parse",
        "runner/schema/reading/load.py:load",
        "runner/link/link.py:link",
    )
    return [
        (
            w,
            max(
                (
                    v[3]
                    for (f, _, n), v in rows.items()
                    if w == f"{f.partition('/runner/')[1][1:]}{f.rpartition('/runner/')[2]}:{n}"
                ),
                default=0.0,
            ),
        )
        for w in wanted
    ]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        write(base / "ten", 10)
        write(base / "thousand", 1000)
        size = (base / "thousand" / "desk500.yaml").stat().st_size
        run(base / "ten", base / "warm")
        warm = [run(base / "ten", base / "warm") for _ in range(7)]
        print(f"start-up, 10 files, cached:   {medians(warm)}")
        fresh = [run(base / "ten", base / f"ten{i}") for i in range(5)]
        print(f"10 files, no cache:           {medians(fresh)}")
        print(f"1,000 files of {size} bytes")
        cold = [run(base / "thousand", base / f"cold{i}") for i in range(3)]
        print(f"  cold:                       {medians(cold)}")
        cached = [run(base / "thousand", base / "cold0") for _ in range(5)]
        print(f"  cached:                     {medians(cached)}")
        print("  where a cold compile goes (under the profiler, which slows it):")
        print(profile(base / "thousand"))


if __name__ == "__main__":
    main()
