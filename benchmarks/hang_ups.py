"""Calls that hang up at any moment: each send arrives exactly once by its id.

Run: python benchmarks/hang_ups.py [CALLS]. A third of the processes of the calls is killed while
models read the call, and the runner is killed and begun again on the way.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx

from runner.compiler import Compiler
from runner.delivery.couriers import Couriers
from runner.delivery.outbox import Outbox, Waits
from runner.delivery.spool import Spool
from runner.egress.client import HttpEgress
from runner.egress.secrets import Secrets
from runner.session import CallFacts
from runner.session.conversation import Conversation

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    after_call:
      extract:
        reason:
          description: Why
      send:
        - webhook: https://crm.example/calls
          secret: "{{ secrets.HOOK }}"
        - tool: note
          with:
            why: "{{ extract.reason or 'unknown' }}"
        - csv: calls.csv
          columns:
            id: "{{ call.id }}"
            reason: "{{ extract.reason }}"
personas:
  host:
    instructions: x
    greeting:
      say: Hello.
    needs:
      nights:
        type: integer
        ask: How many nights?
    when_known:
      tool: look
tools:
  look:
    description: Look.
    http:
      url: https://crm.example/look
  note:
    description: Note.
    parameters:
      why:
        type: text
    http:
      method: POST
      url: https://crm.example/note
      body:
        json:
          why: "{{ args.why }}"
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: "Caller:"
          call:
            extract:
              reason: a room
        - when_caller_says: three
          call:
            fill_in:
              nights: "3"
        - when_caller_says: hello
          say: Yes?
"""
SAID = ("hello", "three nights", "hello again")


class HangUps:
    """Has so many calls, one after the other and some at once.

    Attributes:
        arrived: id → how often it arrived.
        moments: what a call was doing when its caller hung up → how many.
    """

    def __init__(self, folder: Path, calls: int, seed: int = 7) -> None:
        """Compile the agent."""
        (folder / "agents.d").mkdir()
        (folder / "agents.d" / "a.yaml").write_text(FOLDER, encoding="utf-8")
        release = Compiler(folder / "agents.d", env={}).compile().release
        if release is None:
            raise SystemExit("the folder of the benchmark has mistakes")
        self.release, self.data = release.agents["desk"], folder / "data"
        self.calls, self.dice = calls, random.Random(seed)
        self.arrived: Counter[str] = Counter()
        self.moments: Counter[str] = Counter()
        self.egress = HttpEgress(
            Secrets({"HOOK": "whsec_" + "c2VjcmV0" * 4}),
            transport=httpx.MockTransport(self._service),
        )
        self.outbox = self._opened()

    async def run(self) -> None:
        """Have the calls."""
        for first in range(0, self.calls, 10):
            await asyncio.gather(
                *(self._call(n) for n in range(first, min(first + 10, self.calls)))
            )
            if (first // 10) % 10 == self.dice.randrange(10):
                await self._killed()
        await self.outbox.settle()
        for waiting in range(self.calls):
            await self.outbox.finish(f"c{waiting}")
        await self.outbox.settle()
        await self.outbox.aclose()

    def rows(self) -> list[str]:
        """The ids in the CSV file."""
        with (self.data / "calls.csv").open(newline="") as file:
            return [row[0] for row in csv.reader(file)][1:]

    def _opened(self) -> Outbox:
        spool = Spool(self.data)
        return Outbox(spool, Couriers(self.egress, self.data), waits=Waits(0.0, 0.0))

    async def _killed(self) -> None:
        """The runner dies with all that is on its way, and another begins."""
        sends = list(self.outbox._on.values())  # noqa: SLF001 - as a kill does
        for send in sends:
            send.cancel()
        await asyncio.gather(*sends, return_exceptions=True)
        self.outbox._spool._held.close()  # noqa: SLF001 - as above
        self.outbox = self._opened()
        await self.outbox.adopt()

    async def _service(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/look":
            await asyncio.sleep(0.1)
            return httpx.Response(200, json={})
        name = request.headers.get("webhook-id") or request.headers["idempotency-key"]
        if self.dice.random() < 0.2:  # noqa: PLR2004 - a fifth is refused at first
            return httpx.Response(503)
        self.arrived[name] += 1
        return httpx.Response(200, json={})

    async def _call(self, number: int) -> None:
        facts = CallFacts(id=f"c{number}")
        egress = self.egress.of(self.release)
        talk = Conversation(self.release, egress, facts, channel="text", idle=False)
        told = Counter[str]()
        talk._on_event = lambda event: told.update([event.type])  # noqa: SLF001 - only counted
        await self.outbox.note(self.release, talk.report())
        speaking = asyncio.create_task(self._spoken(talk))
        await asyncio.sleep(self.dice.uniform(0.0, 0.3))
        self.moments[_moment(told)] += 1
        await talk.end("caller_left")
        await asyncio.gather(speaking, return_exceptions=True)
        await self.outbox.note(self.release, talk.report())
        reading = asyncio.create_task(talk.whole_report())
        if self.dice.random() < 1 / 3:
            await asyncio.sleep(0)
            reading.cancel()  # its process is killed
            with contextlib.suppress(asyncio.CancelledError):
                await reading
            self.moments["in after_call"] += 1
        else:
            await self.outbox.note(self.release, await reading)
        await self.outbox.finish(f"c{number}")

    async def _spoken(self, talk: Conversation) -> None:
        await talk.start()
        for text in SAID:
            await talk.turn(text)


def _moment(told: Counter[str]) -> str:
    """What a call does just now, by the events that it has told."""
    if told["tool_call"] > told["tool_result"]:
        return "in a tool"
    return "after its tool" if told["tool_call"] else "in a need"


async def main(calls: int, folder: Path) -> HangUps:
    """Have so many calls that hang up at any moment."""
    hang_ups = HangUps(folder, calls)
    await hang_ups.run()
    return hang_ups


if __name__ == "__main__":
    logging.disable(logging.ERROR)
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        done = asyncio.run(main(wanted, Path(place)))
        took = time.perf_counter() - began
        ids = {f"msg_c{n}_{place}" for n in range(wanted) for place in (0, 1)}
        exact = set(done.arrived) == ids and sorted(done.rows()) == sorted(
            f"c{n}" for n in range(wanted)
        )
        twice = sum(count > 1 for count in done.arrived.values())
        print(f"{wanted} calls in {took:.1f} s: {dict(done.moments)}")
        print(f"each send once by its id: {exact}; arrived twice: {twice}")
