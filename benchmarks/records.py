"""Records of 100,000 calls in SQLite: list, search and figures, and what writing costs a turn.

    python benchmarks/records.py [CALLS]

Wanted: the list, a search and the figures 100 ms at most; writing a turn 1 % of a turn that takes a
second.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runner.records import entry, notes, reading, store, totals
from runner.records.address import address_of
from runner.records.database import Database
from runner.records.reading import RecordQuery
from runner.records.spool import Noted, RecordSpool
from runner.secret import Secret
from runner.serve.records.spooling import Spooling

MONTH = 30 * 86_400
TURN = 1.0
"""Seconds of a short turn by voice."""

WORDS = [f"{a}{b}" for a in ("tooth", "bill", "cleaning", "friday", "morning") for b in range(400)]


def call(number: int, at: float) -> list[notes.Note]:
    """What is noted of a call with six turns."""
    began = {
        "id": f"call_{number}", "kind": "call", "agent": f"agent_{number % 5}", "release": "r",
        "room": None, "persona": "desk", "labels": {"customer": "sunrise"}, "keep": 2.0 * MONTH,
    }  # fmt: skip
    noted = [notes.note(notes.BEGAN, at, **began)]
    for turn in range(1, 7):
        said = " ".join(random.choices(WORDS, k=12))
        for role in ("user", "agent"):
            event = {"turn": turn, "type": "message", "role": role, "persona": "desk", "text": said}
            noted.append(notes.note(notes.EVENT, at + 10 * turn, event=event))
    answer = {
        "turn": 6,
        "type": "tool_result",
        "name": "book",
        "call_id": "c",
        "output": "ok",
        "error": False,
    }
    noted.append(notes.note(notes.EVENT, at + 61, event=answer))
    latency = [
        {"turn": n, "ms": {p: random.randint(100, 900) for p in ("stt", "llm", "tts", "turn")}}
        for n in range(1, 7)
    ]
    report = {
        "caller": {"phone": f"+84{number % 20_000:07}"}, "variables": {}, "summary": "",
        "extract": {}, "verdicts": {}, "reasons": {}, "latency": latency,
        "usage": {"input_tokens": 900, "output_tokens": 120},
    }  # fmt: skip
    noted.append(notes.note(notes.REPORT, at + 62, report=report))
    reason = random.choice(("end_call", "caller_left"))
    return [*noted, notes.note(notes.ENDED, at + 62, reason=reason)]


def fill(database: Database, calls: int, start: float) -> float:
    """Store so many; gives the milliseconds of one."""
    began = time.perf_counter()
    for first in range(0, calls, 1000):
        some = range(first, min(calls, first + 1000))
        made = [entry.read(call(number, start + MONTH * number / calls)) for number in some]
        store.save(database, [each for each in made if each is not None])
    return (time.perf_counter() - began) * 1000 / calls


def measured(ask: Callable[[], Any]) -> str:
    """Median and worst of ten, in milliseconds."""
    times = []
    for _ in range(10):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return f"{statistics.median(times):6.1f} ms (worst {max(times):.1f})"


async def cost_of_a_turn(folder: Path, turns: int = 2000) -> tuple[float, float]:
    """Of a turn's notes: the processor's milliseconds in all threads, and the wait for the disk."""
    spool = RecordSpool(folder)
    spooling = Spooling(spool, lambda _: None, lambda: None)
    event = {"turn": 1, "type": "message", "role": "user", "persona": "desk", "text": "word " * 12}
    waits, before = [], time.process_time()
    for number in range(turns):
        for _ in range(3):  # what was said, what was answered, what it took
            spooling.put(Noted(f"s{number % 50}", (notes.note(notes.EVENT, 1.0, event=event),)))
        began = time.perf_counter()
        await spooling.written(1.0)
        waits.append(time.perf_counter() - began)
    used = time.process_time() - before
    await spooling.stop()
    spool.close()
    return used * 1000 / turns, statistics.median(waits) * 1000


def main(calls: int) -> None:
    """Measure, and print."""
    random.seed(7)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(address_of(Secret("sqlite:///records.db"), Path(folder)))
        start = time.time() - MONTH
        print(f"{calls} calls stored, {fill(database, calls, start):.2f} ms each")
        week = start + 3 * MONTH / 4
        asks: dict[str, Callable[[], Any]] = {
            "the list": lambda: reading.page(database, RecordQuery()),
            "the list of an agent": lambda: reading.page(database, RecordQuery(agent="agent_1")),
            "the list of an end": lambda: reading.page(
                database, RecordQuery(outcome="caller_left", since=week)
            ),
            "a search": lambda: reading.page(database, RecordQuery(words="tooth7 bill9")),
            "a search for one": lambda: reading.page(database, RecordQuery(words="call_777")),
            "a search with thousands": lambda: reading.page(database, RecordQuery(words="friday3")),
            "a search of an agent": lambda: reading.page(
                database, RecordQuery(words="friday3", agent="agent_1")
            ),
            "the figures": lambda: totals.figures(database),
            "the figures of a week": lambda: totals.figures(database, since=week + 1234),
            "one call": lambda: reading.one(database, "call_777"),
        }
        for name, ask in asks.items():
            print(f"{name:26} {measured(ask)}")
        database.close()
        used, waited = asyncio.run(cost_of_a_turn(Path(folder)))
        print(
            f"writing a turn: {used:.3f} ms of the processor, {waited:.3f} ms until it is on the "
            f"disk: {waited / (TURN * 10):.2f} % of a turn of {TURN:g} s"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100_000)
