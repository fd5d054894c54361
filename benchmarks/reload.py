"""From saving a file to the next caller, in a folder of 1,000 files with 100 agents.

A file is saved, and dialogues begin one after another until one has the new release: the time to
its greeting counts, and how much of it was spent compiling, by the runner's own account. Then the
same runner in this process, without callers: how late its event loop is while it reloads.
Targets: save → next dialogue ≤ 1.0 s (p95), compiling ≤ 60 ms (p95), the event loop ≤ 20 ms late.

Run: ``python benchmarks/reload.py [--quick]``, about 2 minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from figures import Quiet, p95
from machine import Beside
from programs import Lkrun, run

from runner.cache import Cache
from runner.compiler import Compiler
from runner.egress.secrets import Secrets
from runner.serve.log import Log, route
from runner.serve.parts import build
from runner.serve.releases.store import Store
from runner.serve.run import Run
from runner.serve.startup import ServeSettings, Startup
from runner.serve.tasks import Tasks

QUICK = "--quick" in sys.argv
FILES, AGENTS = 1000, 100
SAVES = 5 if QUICK else 40
_PAUSE = 0.01
_AFTER = 0.3
"""Seconds after a reload that still belong to it: the release is kept, packages are looked at."""

_DESK = """\
agents:
  desk{n}:
    description: Desk {n}
    mode: text
    start: reception{n}
    llm: brain
    instructions: |
      You work for {{{{ office{n} }}}}. Today is {{{{ today }}}}.
      Keep every reply under two sentences, and never promise a refund.
    variables:
      office{n}: Office {n}
      caller{n}:
        description: The caller's name
personas:
  reception{n}:
    instructions: |
      You answer the phone of {{{{ office{n} }}}}, and find out what the caller wants.
      The caller is {{{{ caller{n} or 'not known yet' }}}}.
    greeting:
      say: Good day, desk {n}, call 0.
    handoffs:
"""
_EXPERT = """\
personas:
  expert{n}:
    instructions: |
      You answer questions of callers of desk {desk} about matter {n}, as briefly as you can.
    tools:
      - find{n}
    handoffs:
      reception{desk}:
        when: The question is settled.
tools:
  find{n}:
    description: Find what is known of matter {n} on one day.
    parameters:
      day:
        type: date
        description: The day that the caller wants
    http:
      url: https://api.office.example/v2/matters/{n}/{{{{ args.day }}}}
      timeout: 4s
"""
_BRAIN = """\
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: Hello.
      otherwise: What did you say?
"""


def write(folder: Path) -> None:
    """Fill a folder: a file for each desk, one for each of its experts, and one for the model."""
    folder.mkdir()
    for n in range(AGENTS):
        experts = [f"      expert{k}:\n        when: It is about matter {k}.\n" for k in _of(n)]
        (folder / f"desk{n}.yaml").write_text(_DESK.format(n=n) + "".join(experts))
        for k in _of(n):
            (folder / f"expert{k}.yaml").write_text(_EXPERT.format(n=k, desk=n))
    (folder / "brain.yaml").write_text(_BRAIN)


def _of(desk: int) -> range:
    return range(AGENTS + desk, FILES - 1, AGENTS)


def save(folder: Path, desk: int, number: int) -> str:
    """Save a desk's file with another greeting, which is given back."""
    path = folder / f"desk{desk}.yaml"
    words = f"Good day, desk {desk}, call {number}."
    before, _, after = path.read_text().partition("      say: ")
    rest = after.partition("\n")[2]
    path.write_text(f"{before}      say: {words}\n{rest}")
    return words


@dataclass
class Found:
    """What was measured, in seconds."""

    saved: list[float] = field(default_factory=list)
    compiled: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    all_late: list[float] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """What is printed."""
        yield _line("save → next dialogue has it", self.saved, 1.0)
        yield _line("of it compiling", self.compiled, 0.06)
        yield _line("event loop late, most of a reload", self.late, 0.02)
        yield _line("event loop late, all ticks", self.all_late, None)


def _line(name: str, values: list[float], most: float | None) -> str:
    middle, high = statistics.median(values) * 1000, p95(values) * 1000
    shown = f"{name:<34} p50 {middle:7.1f} ms  p95 {high:7.1f} ms"
    shown += f"  most {max(values) * 1000:7.1f} ms  n {len(values):5}"
    if most is None:
        return shown
    return f"{shown}  {'ok' if high <= most * 1000 else 'MISSED'} (p95 ≤ {most * 1000:.0f} ms)"


async def callers(folder: Path, found: Found, quiet: Quiet) -> None:
    """Save, and begin dialogues until one has what was saved."""
    lkrun = await asyncio.to_thread(Lkrun, folder, {"LKRUN_STATE_DIR": f"{folder}.state"})
    try:
        async with aiohttp.ClientSession(lkrun.http) as http:
            for number in range(-1, SAVES):
                row = 0
                while True:
                    beside, row = Beside(), row + 1
                    desk = number % AGENTS
                    words = save(folder, desk, 100 * (number + 1) + row)
                    begun = time.perf_counter()
                    while await _greeting(http, desk) != words:  # noqa: ASYNC110 - callers come
                        await asyncio.sleep(_PAUSE)
                    took = time.perf_counter() - begun
                    if not quiet.again(beside.cores()):
                        break
                if number >= 0:
                    found.saved.append(took)
                    found.compiled.append(lkrun.events("reload")[-1]["compile_ms"] / 1000)
    finally:
        await asyncio.to_thread(lkrun.stop)


async def _greeting(http: aiohttp.ClientSession, desk: int) -> str:
    """Begin a dialogue, and end it."""
    async with http.post(f"/v1/agents/desk{desk}/turns", json={}) as answer:
        turn = await answer.json()
    async with http.delete(f"/v1/sessions/{turn['session_id']}"):
        return str(turn["text"])


class _Told(Log):
    """A log that is heard, not read."""

    def __init__(self) -> None:
        super().__init__("info", "json", io.StringIO())
        self.came: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()

    def event(self, name: str, words: str, *, level: str = "info", **fields: Any) -> None:
        """Tell an event."""
        super().event(name, words, level=level, **fields)
        self.came.put_nowait((name, fields))

    async def next(self, wanted: str) -> dict[str, Any]:
        """Wait for an event."""
        while True:
            name, fields = await self.came.get()
            if name == wanted:
                return fields


@contextlib.asynccontextmanager
async def here(folder: Path) -> AsyncIterator[_Told]:
    """The whole runner in this event loop."""
    compiler = Compiler(folder, cache=Cache(Path(f"{folder}.cache")))
    compiled, env, log = compiler.compile(), dict(os.environ), _Told()
    if compiled.release is None:
        raise SystemExit(str(compiled.diagnostics))
    with tempfile.TemporaryDirectory(prefix="lkb-") as runtime:
        store = Store.create({"XDG_RUNTIME_DIR": runtime})
        beginning = Startup(
            compiler, compiled, compiled.release, Secrets({}), env, None, lambda _: [], None
        )
        settings = ServeSettings("127.0.0.1", 0, 1.0, True, "info", "json")
        tasks = Tasks()
        parts = build(beginning, settings, store=store, log=log, records=route(log), tasks=tasks)
        serving = asyncio.create_task(Run(parts, beginning, settings, log, tasks).main(store))
        await log.next("ready")
        try:
            yield log
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            store.destroy()


async def lateness(folder: Path, found: Found, quiet: Quiet) -> None:
    """Save, and count how late a tick of a millisecond is."""
    async with here(folder) as log:
        await asyncio.sleep(3)  # until the child for dialogues has started
        for number in range(-2, SAVES):
            while True:
                beside, late = Beside(), list[float]()
                ticking = asyncio.create_task(_tick(late))
                save(folder, number % AGENTS, 100_000 + time.monotonic_ns() % 1_000_000_000)
                await log.next("reload")
                await asyncio.sleep(_AFTER)
                ticking.cancel()
                if not quiet.again(beside.cores()):
                    break
            if number >= 0:
                found.late.append(max(late))
                found.all_late.extend(late)


async def _tick(late: list[float]) -> None:
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append(time.perf_counter() - begun - 0.001)


async def main() -> None:
    """Measure and print."""
    found, quiet = Found(), Quiet()
    with tempfile.TemporaryDirectory(prefix="lkb-") as scratch:
        folder = Path(scratch) / "agents.d"
        write(folder)
        await callers(folder, found, quiet)
        await lateness(folder, found, quiet)
    for line in found.lines():
        print(line)
    print(quiet.line())


if __name__ == "__main__":
    run(main(), 600)
