"""A campaign whose runners are killed: `kill -9` of real ones, while it rings and while they talk.

Two `lkrun serve` on one database, LiveKit's server with a stand-in of its SIP service. Each kill
hits the runner that makes the call which is seen to ring, or to talk, just then; another runner is
begun in its place. Prints how long who was called stayed in a room with nobody, and every rule
that was broken: nobody is dialled twice in one attempt, nor more often than allowed, nor by two
calls at once, nor after they answered.

Needs LiveKit's server: LKRUN_LIVEKIT_SERVER, or `livekit-server` on the path. Run:
``python benchmarks/killed_runners.py [KILLS]``, five kills without it: about five minutes.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import aiohttp  # noqa: E402 - the support of the tests is found by then
from livekit import api  # noqa: E402 - as above
from support.live.folders import OUTGOING  # noqa: E402 - as above
from support.live.rtcserver import LiveKitServer  # noqa: E402 - as above
from support.live.served import Served  # noqa: E402 - as above
from support.live.sip_service import Line, Phone, SipService  # noqa: E402 - as above

from runner.records import campaigns as kept  # noqa: E402 - as above
from runner.records.address import address_of  # noqa: E402 - as above
from runner.records.database import Database  # noqa: E402 - as above
from runner.secret import Secret  # noqa: E402 - as above

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ATTEMPTS = 2
FOLDER = OUTGOING.replace("    llm: brain\n", "    llm: brain\n    timezone: Etc/UTC\n", 1) + (
    "campaigns:\n  recall:\n    agent: desk\n    contacts: recall.csv\n    at_once: 2\n"
    f"    attempts: {ATTEMPTS}\n    wait: 1s\n    hours:\n"
    + "".join(f"      {day}: 00:00-24:00\n" for day in DAYS)
)
RINGS = 1.5


@dataclass
class Call:
    """A call that reached the telephone network."""

    number: str
    room: str
    began: float
    ended: float | None = None


class NotedService(SipService):  # type: ignore[misc]  # found by the path above
    """Notes when each number was dialled, and when that was over."""

    def __init__(self, server: LiveKitServer) -> None:
        super().__init__(server)
        self.calls: list[Call] = []

    async def _create(self, body: bytes) -> Any:
        asked = api.CreateSIPParticipantRequest.FromString(body)
        call = Call(asked.sip_call_to, asked.room_name, time.time())
        self.calls.append(call)
        try:
            return await super()._create(body)
        except BaseException:
            call.ended = time.time()
            raise


@dataclass
class Trial:
    """The whole of it."""

    sip: NotedService
    runners: list[Served]
    begin: Callable[[], Awaitable[Served]]
    http: aiohttp.ClientSession
    kills: int
    killed: int = 0
    alone: list[float] = field(default_factory=list)
    talking: set[str] = field(default_factory=set)
    killing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def person(self, phone: Phone) -> None:
        """Say hello, hear the greeting, and hang up; every second one sees the runner killed."""
        await phone.speaks(0.3, "hello")
        await phone.reads("Hello there.", within=40)
        self.talking.add(phone.request.sip_call_to)
        if self.killed < self.kills and self.killed % 2:
            await self.kill(phone)
        else:
            await phone.hangs_up()

    async def ringing(self) -> None:
        """Kill the runner of whoever rings, each second time."""
        seen = 0
        while self.killed < self.kills:
            phone = await self.sip.rung(seen + 1, within=600)
            seen += 1
            if self.killed % 2 == 0:
                await self.kill(phone)

    async def kill(self, phone: Phone) -> None:
        """Kill the runner of a call, and begin another; note how long its caller stays alone."""
        async with self.killing:
            runner = await self._of(phone.room)
            if runner is None:
                return
            self.killed += 1
            self.runners.remove(runner)
            at = time.monotonic()
            runner.process.send_signal(signal.SIGKILL)
            await phone.until(lambda: phone.gone, "the end", within=60)
            self.alone.append(time.monotonic() - at)
            await runner.left(20.0)
            self.runners.append(await self.begin())

    async def _of(self, room: str) -> Served | None:
        for runner in self.runners:
            async with self.http.get(f"{runner.http}/v1/sessions") as reply:
                if any(each["room"] == room for each in await reply.json()):
                    return runner
        return None

    async def finished(self) -> dict[str, Any]:
        """The campaign, once it calls nobody more."""
        async with asyncio.timeout(900):
            while True:
                try:
                    url = f"{self.runners[0].http}/v1/campaigns/recall"
                    async with self.http.get(url) as reply:
                        shown: dict[str, Any] = await reply.json()
                except (aiohttp.ClientError, IndexError):
                    shown = {"state": "running"}
                if shown["state"] != "running":
                    return shown
                await asyncio.sleep(0.5)


def faults(calls: list[Call], rows: list[dict[str, Any]], talked: set[str]) -> list[str]:
    """What must never be, in words."""
    wrong = []
    for row in rows:
        mine = [call for call in calls if call.number == row["number"]]
        begins = [made["began"] for made in row["made"]] + [float("inf")]
        for at, (begin, after) in enumerate(itertools.pairwise(begins), start=1):
            dialled = sum(begin <= call.began < after for call in mine)
            if dialled > 1:
                wrong.append(f"{row['number']} was dialled {dialled} times in attempt {at}")
        if len(mine) > ATTEMPTS:
            wrong.append(f"{row['number']} was dialled {len(mine)} times in all")
        if row["number"] in talked and len(mine) > 1 and row["outcome"] == "answered":
            last = [made["outcome"] for made in row["made"]]
            wrong += [f"{row['number']} was called after they answered"] * (last[0] == "answered")
        if row["state"] != kept.DONE:
            wrong.append(f"{row['number']} is left {row['state']}")
    return wrong


async def main(kills: int) -> int:
    """Have the campaign made."""
    program = os.environ.get("LKRUN_LIVEKIT_SERVER") or shutil.which("livekit-server")
    if program is None:
        raise SystemExit("there is no livekit-server")
    async with AsyncExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lkb-")))
        server = LiveKitServer(program, place / "log")
        server.start()
        stack.callback(server.kill)
        sip = await stack.enter_async_context(NotedService(server))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        folder = place / "agents.d"
        folder.mkdir()
        (folder / "a.yaml").write_text(f"{FOLDER}runner:\n  data_dir: {place / 'data'}\n")
        numbers = [f"+8424123456{n:02d}" for n in range(10, 10 + 2 * kills + 2)]
        (folder / "recall.csv").write_text("\n".join(["phone", *numbers]))

        async def begin() -> Served:
            runtime = stack.enter_context(tempfile.TemporaryDirectory(prefix="lkr-"))
            env = {**sip.env, "LIVEKIT_SIP_OUTBOUND_TRUNK": "ST_out"}
            runner = Served(folder, env, Path(runtime), ())
            stack.callback(_end, runner)
            await runner.event("ready", within=120)
            return runner

        trial = Trial(sip, [], begin, http, kills)
        busy = Line(sip=(486, "Busy Here"), rings=RINGS)
        for number in numbers:
            sip.lines[number] = busy if number.endswith("3") else Line(trial.person, rings=RINGS)
        trial.runners += [await begin(), await begin()]
        async with http.post(f"{trial.runners[0].http}/v1/campaigns/recall/start") as reply:
            reply.raise_for_status()
        killer = asyncio.create_task(trial.ringing())
        shown = await trial.finished()
        killer.cancel()
        database = Database(address_of(Secret("sqlite:///records.db"), place / "data"))
        rows = kept.contacts(database, kept.known(database, "recall")[0])
        database.close()
    wrong = faults(sip.calls, rows, trial.talking)
    print(f"{len(rows)} contacts, {len(sip.calls)} calls, {trial.killed} runners killed")
    print(f"outcomes: {shown['outcomes']}; the campaign is {shown['state']}")
    print(f"seconds until nobody was left alone: {[round(s, 1) for s in trial.alone]}")
    print("\n".join(wrong) or "no rule was broken")
    return 1 if wrong or trial.killed < kills else 0


def _end(runner: Served) -> None:
    if runner.process.poll() is None:
        runner.stop()
    for process in runner.processes():
        process.kill()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)))
