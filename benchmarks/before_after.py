"""Whether speed was lost: the same benchmarks of an earlier commit and of this tree, in turns.

Run: python benchmarks/before_after.py COMMIT [PROGRAM …] [--rounds 3]. What a program prints is
read line by line: one that both trees print counts, with the medians of its numbers over rounds.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("check", "reload", "text_turn", "calls")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)")

Figures = dict[str, list[list[float]]]
"""A line without its numbers → the numbers of each round."""


def run(tree: Path, program: str) -> str:
    """What one short run of a benchmark prints, with the code of its own tree."""
    paths = [tree, *sorted((tree / "plugins").iterdir())]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, str(tree / "benchmarks" / f"{program}.py"), "--quick"]
    done = subprocess.run(
        command, cwd=tree, env=env, capture_output=True, text=True, timeout=900, check=False
    )
    # a target that is missed beside another tree is no failure of the comparison
    return done.stdout or f"{program} failed: {done.stderr[-300:]}"


def add(figures: Figures, output: str) -> None:
    """Count the numbers of some lines."""
    for line in output.splitlines():
        numbers = [float(each) for each in NUMBER.findall(line)]
        if numbers:
            figures[re.sub(r"\s+", " ", NUMBER.sub("#", line)).strip()].append(numbers)


def row(line: str, before: list[list[float]], after: list[list[float]]) -> str:
    """A line's numbers before and after, and the ratio of each pair."""
    pairs = [
        (statistics.median(b), statistics.median(a))
        for b, a in zip(zip(*before, strict=True), zip(*after, strict=True), strict=True)
    ]
    shown = "  ".join(f"{b:g} → {a:g} ({a / b:.2f} x)" if b else f"{b:g} → {a:g}" for b, a in pairs)
    return f"  {line}\n      {shown}"


def main() -> None:
    """Measure both trees in turns, and print what both say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit")
    parser.add_argument("programs", nargs="*", default=PROGRAMS)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        earlier = Path(folder) / "earlier"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "-q", "--detach", str(earlier), options.commit], check=True)
        try:
            for program in options.programs:
                compare(earlier, program, options.rounds)
        finally:
            subprocess.run([*git, "remove", "--force", str(earlier)], check=True)


def compare(earlier: Path, program: str, rounds: int) -> None:
    """Run one benchmark in both trees."""
    before: Figures = defaultdict(list)
    after: Figures = defaultdict(list)
    for number in range(rounds):
        turns = [(earlier, before), (ROOT, after)]
        for tree, figures in turns if number % 2 == 0 else reversed(turns):
            add(figures, run(tree, program))
    print(f"{program}: before → after, medians of {rounds} rounds", flush=True)
    for line in before:
        if line in after:
            print(row(line, before[line], after[line]), flush=True)


if __name__ == "__main__":
    main()
