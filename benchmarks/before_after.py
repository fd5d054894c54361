"""Whether speed was lost: the same benchmarks of an earlier commit and of this tree, in turns.

Run: python benchmarks/before_after.py COMMIT [PROGRAM …] [--rounds 3]. What a program prints is
read line by line: one that both trees print counts, with the medians of its numbers over rounds.
`commands` are whole commands and their processor time, which says the truth also on a busy machine:
start-up, check, a call's start and turns, with the earlier demonstration in both.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = "commands"
PROGRAMS = (COMMANDS, "check", "reload", "text_turn", "calls")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)")

Figures = dict[str, list[list[float]]]
"""A line without its numbers → the numbers of each round."""


def run(tree: Path, program: str, earlier: Path) -> str:
    """What one short run of a benchmark prints, with the code of its own tree."""
    if program == COMMANDS:
        return measured(tree, earlier / "agents.d")
    env = environment(tree)
    command = [sys.executable, str(tree / "benchmarks" / f"{program}.py"), "--quick"]
    done = subprocess.run(
        command, cwd=tree, env=env, capture_output=True, text=True, timeout=900, check=False
    )
    # a target that is missed beside another tree is no failure of the comparison
    return done.stdout or f"{program} failed: {done.stderr[-300:]}"


@dataclass(frozen=True, slots=True)
class Command:
    """A command of lkrun, and what is measured of it.

    Attributes:
        title: what it stands for.
        words: the command.
        typed: what a person types into it.
        cached: whether what was checked before is known.
        beyond: the title of the command whose time is taken off.
    """

    title: str
    words: tuple[str, ...]
    typed: str = ""
    cached: bool = True
    beyond: str = ""


_TURNS = 30
FOLDER = "FOLDER"
"""Stands for the folder that both trees are given."""

_CHAT = ("chat", FOLDER, "--plain")
_WHOLE = (
    Command("start-up", ("--version",)),
    Command("check, nothing known", ("check", FOLDER), cached=False),
    Command("check, all known", ("check", FOLDER)),
    Command("a call's start", _CHAT, "", beyond="check, all known"),
    Command(f"{_TURNS} turns", _CHAT, "hello\n" * _TURNS, beyond="a call's start, whole"),
)


def measured(tree: Path, folder: Path) -> str:
    """A line for each command: the processor time of its process and all that it started."""
    lines, times = [], {}
    with tempfile.TemporaryDirectory() as cache:
        for command in _WHOLE:
            times[f"{command.title}, whole"] = spent(tree, command, folder, cache)
            taken = times[f"{command.title}, whole"] - times.get(command.beyond, 0.0)
            times[command.title] = times[f"{command.title}, whole"]
            lines.append(f"{command.title} {taken:.3f} s")
    return "\n".join(lines)


def spent(tree: Path, command: Command, folder: Path, cache: str) -> float:
    """The seconds of a processor that a command takes."""
    known = cache if command.cached else tempfile.mkdtemp(dir=cache)
    env = {**environment(tree), "LKRUN_CACHE_DIR": known}
    words = [str(folder) if word == FOLDER else word for word in command.words]
    words = [sys.executable, "-m", "runner", *words]
    if command.cached:
        subprocess.run(words, cwd=tree, env=env, input="", capture_output=True, text=True,
                       check=False)  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        words, cwd=tree, env=env, input=command.typed, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command.words)} failed in {tree}: {done.stderr[-300:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def environment(tree: Path) -> dict[str, str]:
    """That of a process that runs the code of a tree."""
    paths = [tree, *sorted((tree / "plugins").iterdir())]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}


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
            add(figures, run(tree, program, earlier))
    print(f"{program}: before → after, medians of {rounds} rounds", flush=True)
    for line in before:
        if line in after:
            print(row(line, before[line], after[line]), flush=True)


if __name__ == "__main__":
    main()
