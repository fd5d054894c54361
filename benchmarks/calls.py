"""One call at a time, by turns with lkrun and with a hand-written worker of the same pipeline.

Prints, for each: dispatch → in the room → first sound, end of speech → reply, written line → reply,
and the memory of the call's process. Needs LiveKit's server: LKRUN_LIVEKIT_SERVER, or
`livekit-server` on the path. Run: ``python benchmarks/calls.py [--quick]``, about 8 minutes.

Targets, as ratios of medians: first sound ≤ 1.0, reply to speech ≤ 1.05, reply to a line ≤ 1.10,
memory ≤ 1.2.
"""

from __future__ import annotations

import asyncio
import sys
import time

from callers import SPOKEN, Caller, NoAnswerError, calling, speech
from figures import LOUD, Quiet, Row, heading
from machine import Beside, cpu, uss
from programs import HANDWRITTEN, LKRUN, LKRUN_TEXT, Program, Stage, run, stage

QUICK = "--quick" in sys.argv
ROUNDS = 2 if QUICK else 12
TURNS = 2
_REST = 5.0 if QUICK else 20.0
_IDLE = 0.05
"""Seconds of CPU that idle workers use while it is looked whether they are idle."""

_ENOUGH = 1100.0
"""Seconds after which no round is begun; what has been measured is printed."""

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


async def main() -> None:
    """Measure and print."""
    quiet, lost = Quiet(tries=1 if QUICK else 3), []
    plan = [(voice, HANDWRITTEN, "handwritten"), (voice, LKRUN, "lkrun")]
    plan += [(text, HANDWRITTEN, "handwritten"), (text, LKRUN_TEXT, "lkrun")]
    async with stage() as up:
        print(
            f"ready after: hand-written {up.handwritten.ready:.1f} s, lkrun {up.lkrun.ready:.1f} s"
        )
        begun = time.monotonic()
        for number in range(-1, ROUNDS):
            if time.monotonic() - begun > _ENOUGH:
                break
            for call, agent, side in plan if number % 2 else [plan[1], plan[0], plan[3], plan[2]]:
                while True:
                    await rest(up)
                    beside, found = Beside(), Figures((name, []) for name in ROWS)
                    try:
                        await call(up, agent, found)
                    except NoAnswerError as error:
                        had = next((name for name in reversed(found) if found[name]), "nothing")
                        lost.append(f"{side}, {call.__name__}: {error} after {had}")
                    cores = beside.cores()
                    told = ", ".join(f"{k} {v[0]:.3f}" for k, v in found.items() if v)
                    print(f"  {call.__name__} {side}, beside {cores:.2f}: {told}", file=sys.stderr)
                    if not quiet.again(cores):
                        break
                if number < 0:  # the first of each is slower in both: pages come from the disk
                    continue
                for name, values in found.items():
                    getattr(ROWS[name], side).extend(values)
    print(heading())
    for row in ROWS.values():
        print(row.line())
    print(quiet.line())
    print(f"calls that failed: {len(lost)} {'; '.join(lost)}")


if __name__ == "__main__":
    run(main(), 1800)
