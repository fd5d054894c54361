"""One call at a time, by turns with lkrun and with a hand-written worker of the same pipeline.

Prints, for each: dispatch → in the room → first sound, end of speech → reply, written line → reply,
and the memory of the call's process. Needs LiveKit's server: LKRUN_LIVEKIT_SERVER, or
`livekit-server` on the path. Run: ``python benchmarks/calls.py [--quick]``, about 8 minutes.

Targets, as ratios of medians: first sound ≤ 1.0, reply to speech ≤ 1.05, reply to a line ≤ 1.10,
memory ≤ 1.2.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass

from callers import SPOKEN, Caller, NoAnswerError, calling, speech
from figures import LOUD, Row, heading
from machine import Beside, cpu, uss
from programs import HANDWRITTEN, LKRUN, LKRUN_TEXT, Program, Stage, run, stage

QUICK = "--quick" in sys.argv
ROUNDS = 2 if QUICK else 12
TURNS = 2
_REST = 6.0
_IDLE = 0.05
"""Seconds of CPU that idle workers use while it is looked whether they are idle."""

_ENOUGH = 900.0
"""Seconds after which no call is begun; the quietest that there are count then."""

_TEXT = "text"
_WORDS = speech(SPOKEN)

Figures = dict[str, list[float]]

ROWS = {
    "joined": Row("dispatch → agent in the room", None),
    "track": Row("dispatch → its track", None),
    "sound": Row("dispatch → first sound", 1.00),
    "speech": Row("end of speech → reply's sound", 1.05),
    "line": Row("written line → reply's sound", 1.10),
    "text": Row("written line → reply, text only", 1.10),
    "memory": Row("job process in a voice call, USS", 1.2, "MB", 1e-6),
    "memory_text": Row("job process in a text call, USS", None, "MB", 1e-6),
}


async def voice(stage: Stage, agent: str, found: Figures) -> None:
    """A call by voice."""
    async with calling(stage.livekit.url, microphone=True) as caller:
        await asyncio.sleep(0.5)
        begun = await caller.call(agent)
        found["sound"].append(await caller.heard(begun) - begun)
        found["joined"].append(await caller.met() - begun)
        found["track"].append((caller.track or 0.0) - begun)
        for _ in range(TURNS):
            await caller.quiet()
            said = await caller.says(_WORDS)
            found["speech"].append(await caller.heard(said) - said)
        for _ in range(TURNS):
            await caller.quiet()
            written = await caller.writes("hello")
            found["line"].append(await caller.heard(written) - written)
        await caller.quiet()
        found["memory"].append(_memory(stage.worker(agent)))


async def text(stage: Stage, agent: str, found: Figures) -> None:
    """A call by text alone."""
    async with calling(stage.livekit.url, microphone=False) as caller:
        await caller.call(agent, _TEXT)
        await caller.met()
        await asyncio.sleep(0.5)
        await _line(caller)
        for _ in range(TURNS):
            await asyncio.sleep(0.5)
            found["text"].append(await _line(caller))
        found["memory_text"].append(_memory(stage.worker(agent)))


async def _line(caller: Caller) -> float:
    written = await caller.writes("hello")
    return await caller.read(written, "What can I do for you?") - written


def _memory(worker: Program) -> float:
    """Of the process that has the call: idle ones are smaller by far."""
    return max(map(uss, worker.jobs), default=0.0)


async def rest(stage: Stage) -> None:
    """Wait until both workers are idle, and other programs too, but not for ever.

    After a call its process ends, and the hand-written worker starts another idle one.
    """
    deadline = time.monotonic() + _REST
    while time.monotonic() < deadline:
        before, beside = cpu([*stage.handwritten.tree, *stage.lkrun.tree]), Beside()
        await asyncio.sleep(0.7)
        used = cpu([*stage.handwritten.tree, *stage.lkrun.tree]) - before
        if used < _IDLE and beside.cores() < LOUD:
            return


@dataclass(frozen=True)
class Sample:
    """One call.

    Attributes:
        beside: cores that other programs used meanwhile.
        failed: what did not come.
    """

    kind: str
    side: str
    beside: float
    found: Figures
    failed: str | None


async def sample(stage: Stage, kind: str, side: str) -> Sample:
    """Make one call when it is quiet."""
    await rest(stage)
    call, agents = CALLS[kind]
    beside, found, failed = Beside(), Figures((name, []) for name in ROWS), None
    try:
        await call(stage, agents[side], found)
    except NoAnswerError as error:
        had = next((name for name in reversed(found) if found[name]), "nothing")
        failed = f"{kind} {side}: {error} after '{had}'"
    made = Sample(kind, side, beside.cores(), found, failed)
    told = ", ".join(f"{name} {values[0]:.3f}" for name, values in found.items() if values)
    print(f"  {kind} {side}, beside {made.beside:.2f}: {failed or told}", file=sys.stderr)
    return made


CALLS = {
    "voice": (voice, {"handwritten": HANDWRITTEN, "lkrun": LKRUN}),
    "text": (text, {"handwritten": HANDWRITTEN, "lkrun": LKRUN_TEXT}),
}
_PAIRS = [(kind, side) for kind, (_, agents) in CALLS.items() for side in agents]


async def measure(stage: Stage) -> list[Sample]:
    """Call by turns until there are enough calls of each that count, or the time is over."""
    begun, made = time.monotonic(), []
    while time.monotonic() - begun < _ENOUGH:
        counted = Counter((s.kind, s.side) for s in made if s.beside <= LOUD)
        missing = [pair for pair in _PAIRS if counted[pair] < ROUNDS]
        if not missing or (QUICK and len(made) >= ROUNDS * len(_PAIRS)):
            break
        kinds = {kind for kind, _ in missing}
        made += [await sample(stage, *pair) for pair in _PAIRS if pair[0] in kinds]
    return made


async def main() -> None:
    """Measure and print."""
    async with stage() as up:
        ready = f"hand-written {up.handwritten.ready:.1f} s, lkrun {up.lkrun.ready:.1f} s"
        print(f"ready after: {ready}", flush=True)
        for pair in _PAIRS:  # the first of each is slower in both: pages come from the disk
            await sample(up, *pair)
        made = await measure(up)
    counted: list[Sample] = []
    for pair in _PAIRS:
        of_pair = sorted((s for s in made if (s.kind, s.side) == pair), key=lambda s: s.beside)
        counted += of_pair[:ROUNDS]
    for each in counted:
        for name, values in each.found.items():
            getattr(ROWS[name], each.side).extend(values)
    print(heading())
    for row in ROWS.values():
        print(row.line())
    cores = [each.beside for each in counted]
    print(
        f"other programs beside it: median {statistics.median(cores):.2f} cores, most "
        f"{max(cores):.2f}; the quietest {len(counted)} of {len(made)} calls count"
    )
    failed = [each.failed for each in made if each.failed is not None]
    print(f"calls that failed, of all: {len(failed)}  {'; '.join(failed)}")


if __name__ == "__main__":
    run(main(), 1800)
