"""Talks with `lkrun serve` that hang up at any moment: one record each, each send once by its id.

Run: python benchmarks/hang_ups_served.py [CALLS]. Its caller hangs up in a need, in a tool or
later; on the way the process of the talks and the runner itself are killed, and the runner is begun
again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from hang_ups import FOLDER
from programs import Lkrun

AT_ONCE = 10
KILLED_EVERY = 60
SAID = ("hello", "three nights", "hello again", "hello")
_HOST = "runner.serve.child.dialogues"
_LATEST = 150.0
"""Seconds until what is sent after the last talk has arrived."""

_SENDS = 2
"""Of one talk, beside its row: a webhook and a tool."""

_RUNNER = """
runner:
  data_dir: {data}
  records:
    database: sqlite:///{data}/records.db
  network:
    allow:
      - 127.0.0.1:{port}
"""


class Service:
    """What the agent asks, and where it sends what came of a call.

    Attributes:
        arrived: id → when it was taken; more than once where a runner was killed between taking
            and noting it, which nothing but its id can tell.
    """

    def __init__(self, dice: random.Random) -> None:
        self.arrived: dict[str, list[float]] = defaultdict(list)
        self._dice = dice
        self.port = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Service]:
        """Answer as long as it is needed."""
        app = web.Application()
        app.router.add_route("*", "/look", self._look)
        app.router.add_route("*", "/{rest:.*}", self._take)
        served = web.AppRunner(app)
        await served.setup()
        site = web.TCPSite(served, "127.0.0.1", 0)
        await site.start()
        self.port = served.addresses[0][1]
        yield self
        await served.cleanup()

    async def _look(self, _: web.Request) -> web.Response:
        await asyncio.sleep(0.1)
        return web.json_response({})

    async def _take(self, request: web.Request) -> web.Response:
        name = request.headers.get("webhook-id") or request.headers["idempotency-key"]
        if self._dice.random() < 0.2:  # noqa: PLR2004 - a fifth is refused at first
            return web.Response(status=503)
        self.arrived[name].append(time.monotonic())
        return web.json_response({})


class Talks:
    """Has so many talks, some at once.

    Attributes:
        begun: the sessions of those that were answered.
        moments: what a talk was doing when its caller hung up → how many.
    """

    def __init__(self, folder: Path, service: Service, calls: int, dice: random.Random) -> None:
        self._folder, self._service, self._calls, self._dice = folder, service, calls, dice
        self.data = folder / "data"
        self.begun: list[str] = []
        self.moments: Counter[str] = Counter()
        self.kills: Counter[str] = Counter()
        self.runners_killed: list[float] = []
        self._runner = self._started()

    def _started(self) -> Lkrun:
        place = self._folder / "agents.d"
        place.mkdir(exist_ok=True)
        here = f"http://127.0.0.1:{self._service.port}"
        text = FOLDER.replace("https://crm.example", here)
        text += _RUNNER.format(data=self.data, port=self._service.port)
        (place / "a.yaml").write_text(text, encoding="utf-8")
        return Lkrun(place, {"HOOK": "whsec_" + "c2VjcmV0" * 4})

    async def run(self) -> None:
        """Have them."""
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            for first in range(0, self._calls, AT_ONCE):
                some = range(first, min(first + AT_ONCE, self._calls))
                having = asyncio.gather(*(self._talk(http) for _ in some))
                if first and first % KILLED_EVERY == 0:
                    await asyncio.sleep(self._dice.uniform(0.0, 0.6))
                    await self._kill(first // KILLED_EVERY)
                await having
        await self._settled()
        self._runner.stop()

    async def _kill(self, number: int) -> None:
        """The process of the talks dies; every second time the runner, and another begins."""
        if number % 2:
            self.kills["text hosts"] += 1
            for process in self._runner.tree[1:]:
                if _HOST in " ".join(process.cmdline()):
                    process.kill()
            return
        self.kills["runners"] += 1
        os.kill(self._runner.process.pid, signal.SIGKILL)
        self.runners_killed.append(time.monotonic())
        self._runner.stop()
        self._runner = await asyncio.to_thread(self._started)

    async def _talk(self, http: aiohttp.ClientSession) -> None:
        try:
            begun = await self._turn(http, "")
            session = begun["session_id"]
            self.begun.append(session)
            answered: list[Any] = []
            speaking = asyncio.create_task(self._spoken(http, session, answered))
            await asyncio.sleep(self._dice.uniform(0.0, 0.6))
            self.moments[f"in turn {len(answered) + 1}"] += 1
            url = f"{self._runner.http}/v1/sessions/{session}"
            async with http.delete(url):
                pass
            await asyncio.gather(speaking, return_exceptions=True)
        except (aiohttp.ClientError, TimeoutError, KeyError):
            self.moments["cut off"] += 1

    async def _spoken(self, http: aiohttp.ClientSession, session: str, answered: list[Any]) -> None:
        with contextlib.suppress(aiohttp.ClientError):  # its runner was killed
            for text in SAID:
                said = await self._turn(http, text, session)
                answered.append(said)

    async def _turn(self, http: aiohttp.ClientSession, text: str, session: str = "") -> Any:
        body = {"text": text, **({"session_id": session} if session else {})}
        async with http.post(f"{self._runner.http}/v1/agents/desk/turns", json=body) as answer:
            return await answer.json()

    async def _settled(self) -> None:
        """Wait until all has arrived that will."""
        end = time.monotonic() + _LATEST
        while time.monotonic() < end:
            records, rows = set(self.records()), self.rows()
            known = {*self.begun, *records, *rows}
            arrived = Counter(
                name.split("_", 1)[1].rsplit("_", 1)[0] for name in self._service.arrived
            )
            if known == records == set(rows) and all(arrived[each] == _SENDS for each in known):
                break
            await asyncio.sleep(0.5)

    def records(self) -> list[str]:
        """The session of each record."""
        return self._read("records.db", "SELECT id FROM records")

    def rows(self) -> list[str]:
        """The ids in the CSV file."""
        file = self.data / "calls.csv"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [line.split(",")[0] for line in lines[1:]]

    def _read(self, file: str, query: str) -> list[str]:
        if not (self.data / file).exists():
            return []
        with closing(sqlite3.connect(self.data / file)) as database:
            return [row[0] for row in database.execute(query)]


async def main(calls: int, folder: Path) -> None:
    """Have so many talks, and tell what is kept and has arrived."""
    dice = random.Random(7)
    async with Service(dice).serving() as service:
        talks = Talks(folder, service, calls, dice)
        began = time.perf_counter()
        await talks.run()
        took = time.perf_counter() - began
    begun, kept = set(talks.begun), Counter(talks.records())
    rows = Counter(talks.rows())
    twice = [times for times in service.arrived.values() if len(times) > 1]
    unexplained = [
        (one, next_one) for times in twice for one, next_one in pairwise(times)
        if not any(one < killed < next_one for killed in talks.runners_killed)
    ]  # fmt: skip
    lacking = [
        session for session in begun
        if sum(session in name for name in service.arrived) != _SENDS
    ]  # fmt: skip
    print(f"{calls} talks in {took:.1f} s; {dict(talks.moments)}; killed: {dict(talks.kills)}")
    print(json.dumps({
        "answered": len(begun),
        "without a record": len(begun - set(kept)),
        "with two records": sum(count > 1 for count in kept.values()),
        "records in all": len(kept),
        "rows in the table": len(rows), "rows twice": sum(count > 1 for count in rows.values()),
        "sends that lack": len(lacking), "sends twice by the same id": len(twice),
        "twice though no runner was killed between": len(unexplained),
        "seconds between those": [round(after - before, 1) for before, after in unexplained],
    }, indent=2))  # fmt: skip


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(main(wanted, Path(place)))
