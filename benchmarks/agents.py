"""One runner with 1, 20 and 100 agents: when it is ready, what it uses when nobody calls.

The folder holds one text agent and one voice agent by turns, each with two personas and a tool of
its own. A line of the hand-written worker, which serves one agent, stands beside it. Needs
LiveKit's server: LKRUN_LIVEKIT_SERVER, or `livekit-server` on the path.

Run: ``python benchmarks/agents.py [--quick]``, about 3 minutes.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from figures import Quiet
from machine import Beside, cpu, descriptors, pss, threads
from programs import Handwritten, LiveKit, Lkrun, Program, folder, run

QUICK = "--quick" in sys.argv
NUMBERS = (1, 20) if QUICK else (1, 20, 100)
_SETTLE = 4.0
_IDLE = 4.0 if QUICK else 15.0

_AGENT = """\
agents:
  desk_{n}:
    description: Desk {n}
    mode: {mode}
    start: reception_{n}
    llm: brain
    stt: ears
    tts: voice
    turn_taking:
      detection: vad
    variables:
      caller_name_{n}:
        description: The caller's name
    tools:
      - remember
personas:
  reception_{n}:
    instructions: |
      You answer the phone of branch {n}. Keep every reply under two sentences.
      The caller is {{{{ caller_name_{n} or 'unknown' }}}}.
    greeting:
      say: Good day, this is branch {n}.
    tools:
      - slots_{n}
    handoffs:
      billing_{n}:
        when: The caller asks about an invoice.
  billing_{n}:
    instructions: You answer questions about invoices of branch {n}.
    on_handoff:
      say: Billing. Which invoice is it about?
tools:
  slots_{n}:
    description: Find free appointments on one day.
    parameters:
      day:
        description: The day that the caller wants
    http:
      url: https://branch{n}.example/slots/{{{{ args.day }}}}
"""
_TEXT = "    stt: ears\n    tts: voice\n    turn_taking:\n      detection: vad\n"


def write(place: Path, number: int) -> Path:
    """A folder of so many agents."""
    folder(place, 1)
    (place / "desk.yaml").unlink()
    for n in range(number):
        mode = ("voice", "text")[n % 2]
        text = _AGENT.format(n=n, mode=mode)
        (place / f"desk{n}.yaml").write_text(text.replace(_TEXT, "") if n % 2 else text)
    return place


def line(name: str, program: Program, ready: float, again: str, quiet: Quiet) -> str:
    """Watch it while nothing happens."""
    time.sleep(_SETTLE)
    while True:
        beside, used, begun = Beside(), cpu(program.tree), time.monotonic()
        time.sleep(_IDLE)
        cores = (cpu(program.tree) - used) / (time.monotonic() - begun)
        if not quiet.again(beside.cores()):
            break
    tree = program.tree
    return (
        f"{name:<26} {ready:6.1f} s {again:>9} {pss(tree) / 1e6:9.0f} MB "
        f"{pss(tree[:1]) / 1e6:7.0f} MB {cores * 100:8.1f} % {len(tree):10} "
        f"{threads(tree):8} {descriptors(tree[:1]):8} {descriptors(tree):8}"
    )


def measure(livekit: LiveKit, scratch: Path, quiet: Quiet) -> None:
    """Print the rows."""
    for number in NUMBERS:
        place = write(scratch / f"agents{number}", number)
        first = Lkrun(place, livekit.env)
        first.stop()
        program = Lkrun(place, livekit.env)
        try:
            again = f"{program.ready:.1f} s"
            print(line(f"lkrun, {number} agents", program, first.ready, again, quiet), flush=True)
        finally:
            program.stop()
    by_hand = Handwritten({**livekit.env, "BENCH_SERVICE": "http://127.0.0.1:1"})
    try:
        print(line("hand-written, 1 agent", by_hand, by_hand.ready, "-", quiet))
    finally:
        by_hand.stop()


async def main() -> None:
    """Measure and print."""
    quiet = Quiet(tries=1 if QUICK else 3)
    print(
        f"{'':<26} {'ready':>8} {'again':>9} {'PSS, tree':>12} {'main':>10} {'idle CPU':>10} "
        f"{'processes':>10} {'threads':>8} {'fds main':>8} {'fds all':>8}"
    )
    livekit = LiveKit()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            await asyncio.to_thread(measure, livekit, Path(scratch), quiet)
    finally:
        livekit.stop()
    print("again: started once more, with the cache of the first start; idle CPU: of one core")
    print(quiet.line())


if __name__ == "__main__":
    run(main(), 900)
