"""Calls that an agent makes: who answers, what is said first, and how soon.

Each case is had so many times on LiveKit's server with a stand-in of its SIP service: a person, a
mailbox (a recorded greeting by espeak, and a beep), a menu, a full mailbox, busy, no answer,
refused, hung up while it rings (with a SIP status, and as a participant who leaves), answered at
the last moment. Prints how often verdict, reason and first words were right, and how long after a
person's hello the greeting is heard (target ≤ 1.5 s).

Needs LiveKit's server: LKRUN_LIVEKIT_SERVER, or `livekit-server` on the path. Run:
``python benchmarks/outbound.py [TIMES]``, ten times without it: about six minutes.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import aiohttp  # noqa: E402 - the support of the tests is found by then
from support.live.folders import OUTGOING  # noqa: E402 - as above
from support.live.rtcserver import LiveKitServer  # noqa: E402 - as above
from support.live.served import Served  # noqa: E402 - as above
from support.live.sip_service import Line, Phone, SipService  # noqa: E402 - as above

NUMBER = "+842412345678"
GREETING, MESSAGE = "Hello there.", "Please call us back."
RING = 2.0
"""Seconds for which the agent rings."""


@dataclass
class Case:
    """One way in which a call may go."""

    by: str
    reason: str
    words: str = ""
    says: tuple[str | float, ...] = ()
    beeps: bool = False
    rings: float = 0.3
    sip: tuple[int, str] | None = None
    never: bool = False
    leaves: bool = False
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    def line(self) -> Line:
        """What happens when the number is rung."""
        return Line(self._script, self.rings, self.sip, self.never, self.leaves)

    async def _script(self, phone: Phone) -> None:
        await phone.speaks(0.4, *self.says)
        if self.beeps:
            await phone.speaks(0.5)
            await phone.beeps()
            return
        if self.by == "person":
            loop, mark = asyncio.get_running_loop(), phone.mark()
            said = loop.time()
            try:
                await phone.hears(mark)
                self.delays.append(loop.time() - said)
                await phone.hears_end(mark)
            finally:
                await phone.hangs_up()


CASES = {
    "a person": Case("person", "caller_left", GREETING, ("hello",)),
    "a mailbox": Case(
        "mailbox", "end_call", MESSAGE, ("hello", 0.3, "leave a message after the tone"), beeps=True
    ),
    "a menu": Case("menu", "end_call", "", ("press one for the doctor",)),
    "a full mailbox": Case("full", "end_call", "", ("the mailbox is full",)),
    "busy": Case("nobody", "busy", sip=(486, "Busy Here")),
    "no answer": Case("nobody", "no_answer", never=True),
    "refused": Case("nobody", "refused", sip=(603, "Decline")),
    "hung up while it rings": Case("nobody", "hung_up", sip=(487, "Request Terminated"), rings=0.8),
    "its line leaves instead": Case("nobody", "hung_up", leaves=True, rings=0.8),
    "at the last moment": Case("person", "caller_left", GREETING, ("hello",), rings=RING - 0.15),
}


async def once(case: Case, sip: SipService, http: aiohttp.ClientSession, base: str) -> None:
    """Have one call, and note how it went."""
    sip.lines[NUMBER] = case.line()
    rung = len(sip.phones)
    order = {"agent": "desk", "to": NUMBER}
    async with http.post(f"{base}/v1/calls", json=order) as reply:
        call: dict[str, Any] = await reply.json()
    try:
        async with asyncio.timeout(60):
            while call.get("state") != "ended":
                await asyncio.sleep(0.1)
                async with http.get(f"{base}/v1/calls/{call['id']}") as reply:
                    call = await reply.json()
    except TimeoutError:
        case.wrong.append(f"it does not end: {call}")
        await sip.phones[-1].leave()
        return
    told = sip.phones[-1].told if len(sip.phones) > rung else ""
    words = told == "" if not case.words else told.startswith(case.words)
    if (call["answered_by"], call["reason"]) == (case.by, case.reason) and words:
        case.right += 1
    else:
        case.wrong.append(f"{call['answered_by']}, {call['reason']}, {told!r}")


async def main(times: int) -> None:
    """Have all of them."""
    program = os.environ.get("LKRUN_LIVEKIT_SERVER") or shutil.which("livekit-server")
    if program is None:
        raise SystemExit("there is no livekit-server")
    with tempfile.TemporaryDirectory(prefix="lkb-") as place:
        folder = Path(place) / "agents.d"
        folder.mkdir()
        (folder / "a.yaml").write_text(OUTGOING)
        server = LiveKitServer(program, Path(place) / "log")
        server.start()
        try:
            async with SipService(server) as sip, aiohttp.ClientSession() as http:
                env = {**sip.env, "LIVEKIT_SIP_OUTBOUND_TRUNK": "ST_out"}
                runner = Served(folder, env, Path(place), ())
                try:
                    await runner.event("ready", within=60)
                    for _ in range(times):
                        for case in CASES.values():
                            await once(case, sip, http, runner.http)
                finally:
                    await asyncio.to_thread(runner.stop)
        finally:
            server.kill()
    for name, case in CASES.items():
        figures = ""
        if case.delays:
            median, worst = statistics.median(case.delays), max(case.delays)
            figures = f"  greeting after hello: {median:.2f} s median, {worst:.2f} s at most"
        print(f"{name:24} {case.right}/{times} right{figures}")
        for each in case.wrong:
            print(f"    wrong: {each}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
