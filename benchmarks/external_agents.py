"""Dispatch → the agent is in the room: as an external agent, and as a LiveKit worker of its own.

The same program in both forms (`handwritten/joining.py`), by turns, at one LiveKit server; what
lkrun adds is the difference: its own job, the signed request, and the answer.
Needs LiveKit's server: LKRUN_LIVEKIT_SERVER, or `livekit-server` on the path.
Run: ``python benchmarks/external_agents.py [--quick]``, about a minute.

Target: the median of the external agent is at most 150 ms later.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from callers import NoAnswerError, calling
from figures import Quiet, p95
from machine import Beside
from programs import ROOT, Handwritten, LiveKit, Lkrun, Program, run

QUICK = "--quick" in sys.argv
ROUNDS = 10 if QUICK else 40
OWN, EXTERNAL = "own_worker", "external"
_MOST = 0.150
_REST = 0.5
_FOLDER = """
external_agents:
  external:
    webhook_url: http://127.0.0.1:{port}/livekit
    secret: "{{{{ secrets.BENCH_SECRET }}}}"
"""


@contextlib.asynccontextmanager
async def started(scratch: Path) -> AsyncIterator[str]:
    """Start everything, and end it; gives LiveKit's address."""
    with contextlib.ExitStack() as stack:
        livekit = await asyncio.to_thread(LiveKit)
        stack.callback(livekit.stop)
        secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        env = {**livekit.env, "BENCH_SECRET": secret}
        worker = await asyncio.to_thread(Handwritten, env, "joining.py")
        stack.callback(worker.stop)
        script = str(ROOT / "benchmarks" / "handwritten" / "joining.py")
        program = Program([sys.executable, script, "listen"], env)
        stack.callback(program.stop)
        line = await asyncio.to_thread(program.until, lambda line: line.startswith("listening"))
        folder = scratch / "external"
        folder.mkdir()
        (folder / "agents.yaml").write_text(_FOLDER.format(port=line.split()[1]))
        ours = await asyncio.to_thread(Lkrun, folder, env)
        stack.callback(ours.stop)
        yield livekit.url


async def joined(url: str, agent: str) -> tuple[float, float]:
    """Seconds from a dispatch until the caller sees the agent, and cores that others used."""
    await asyncio.sleep(_REST)
    beside = Beside()
    async with calling(url, microphone=False) as caller:
        begun = await caller.call(agent)
        return await caller.met() - begun, beside.cores()


async def main() -> None:
    """Measure and print."""
    values: dict[str, list[float]] = {OWN: [], EXTERNAL: []}
    quiet, failed = Quiet(tries=1 if QUICK else 3), 0
    with tempfile.TemporaryDirectory() as place:
        async with started(Path(place)) as url:
            for number in range(ROUNDS + 2):  # the first two of each read pages from the disk
                for agent, took in values.items():
                    while True:
                        try:
                            seconds, cores = await joined(url, agent)
                        except NoAnswerError:
                            failed += 1
                            break
                        print(f"  {agent}: {seconds:.3f} s", file=sys.stderr)
                        if quiet.again(cores):
                            continue
                        if number >= 2:  # noqa: PLR2004 - as said above
                            took.append(seconds)
                        break
    for agent, took in values.items():
        middle, high = statistics.median(took) * 1000, p95(took) * 1000
        print(f"{agent:<12} {middle:7.1f} ms (p95 {high:7.1f}, n {len(took)})")
    more = statistics.median(values[EXTERNAL]) - statistics.median(values[OWN])
    verdict = "ok" if more <= _MOST else "MISSED"
    print(f"an external agent is {more * 1000:.1f} ms later at the median: {verdict} (≤ 150 ms)")
    print(f"did not come: {failed}")
    print(quiet.line())


if __name__ == "__main__":
    run(main(), 900)
