"""A turn by text in one process: lkrun's conversation against a bare AgentSession.

Both with the same scripted model and service, the hand-written one with function tools. Each figure
is the time of one turn of a fresh dialogue; the two sides take turns. Target: ≤ 1.15 x.

Run: ``python benchmarks/text_turn.py [--quick]``, half a minute.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
from figures import Quiet, Row, heading
from handwritten.worker import BRAIN, Receptionist
from livekit.agents import AgentSession
from livekit.agents.testing import fake_job_context
from lkrun_script.model import ScriptLLM
from machine import Beside
from programs import LKRUN_TEXT, folder, run, service

from runner.cache import Cache
from runner.compiler import Compiler
from runner.egress.client import HttpEgress
from runner.egress.secrets import Secrets
from runner.link.release import AgentRelease
from runner.session import CallFacts
from runner.session.conversation import Conversation
from runner.session.events import MessageEvent

DIALOGUES = 10 if "--quick" in sys.argv else 150
_AT_ONCE = 10
"""Dialogues between two looks at what else runs."""

LINES = {
    "plain": ("a plain reply", "hello", "What can I do for you?"),
    "tool": ("a tool that asks a service", "what is free on monday", "There is nine, eleven."),
    "plain_2": ("a plain reply, after a tool", "hello", "What can I do for you?"),
    "handoff": ("a handoff", "a question about my invoice", "Which invoice is it about?"),
    "back": ("a handoff back", "back to the reception", "I did not understand that."),
}
"""What is measured: its title, the caller's line, and how the agent's answer must end."""

ROWS = {
    "begin": Row("begin and greet", None),
    **{name: Row(title, 1.15) for name, (title, _, _) in LINES.items()},
}

Dialogue = Callable[[dict[str, float]], Awaitable[None]]


def _expect(said: str, wanted: str) -> None:
    """A turn that went wrong is no figure."""
    if not said.endswith(wanted):
        raise SystemExit(f"the agent said {said!r} and not {wanted!r}")


def by_hand(http: aiohttp.ClientSession) -> Dialogue:
    """A dialogue with the hand-written personas."""

    async def dialogue(found: dict[str, float]) -> None:
        begun = time.perf_counter()
        session = AgentSession[aiohttp.ClientSession](
            llm=ScriptLLM(BRAIN), vad=None, turn_handling={"turn_detection": None}, userdata=http
        )
        try:
            await session.start(Receptionist(), capture_run=True)
            found["begin"] = time.perf_counter() - begun
            for name, (_, line, wanted) in LINES.items():
                begun = time.perf_counter()
                await session.run(user_input=line)
                found[name] = time.perf_counter() - begun
                said = [m.text_content or "" for m in session.history.messages()]
                _expect(said[-1], wanted)
        finally:
            await session.aclose()

    return dialogue


def ours(release: AgentRelease, egress: HttpEgress) -> Dialogue:
    """A dialogue with the folder's personas."""

    async def dialogue(found: dict[str, float]) -> None:
        begun = time.perf_counter()
        talk = Conversation(release, egress.of(release), CallFacts(), channel="text")
        try:
            await talk.start()
            found["begin"] = time.perf_counter() - begun
            for name, (_, line, wanted) in LINES.items():
                begun = time.perf_counter()
                events = await talk.turn(line)
                found[name] = time.perf_counter() - begun
                _expect([e.text for e in events if isinstance(e, MessageEvent)][-1], wanted)
        finally:
            await talk.end()

    return dialogue


async def _in_job(dialogue: Dialogue, found: dict[str, float]) -> None:
    with fake_job_context():
        await dialogue(found)


async def measure(sides: dict[str, Dialogue]) -> Quiet:
    """Fill the rows."""
    quiet = Quiet()
    for block in range(-1, DIALOGUES // _AT_ONCE):
        while True:
            gc.collect()
            beside, found = Beside(), []
            for number in range(_AT_ONCE):
                for side in sorted(sides, reverse=bool(number % 2)):
                    took: dict[str, float] = {}
                    # a task of its own: LiveKit keeps the job in a context variable
                    await asyncio.create_task(_in_job(sides[side], took))
                    found.append((side, took))
            if not quiet.again(beside.cores()):
                break
        for side, took in found if block >= 0 else ():
            for name, seconds in took.items():
                getattr(ROWS[name], side).append(seconds)
    return quiet


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        async with service() as port, aiohttp.ClientSession() as http:
            os.environ["BENCH_SERVICE"] = f"http://127.0.0.1:{port}"
            place = folder(Path(scratch) / "calls", port)
            compiled = Compiler(place, env={}, cache=Cache(Path(scratch) / "cache")).compile()
            if compiled.release is None:
                raise SystemExit(str(compiled.diagnostics))
            egress = HttpEgress(Secrets({}), ())
            release = compiled.release.agents[LKRUN_TEXT]
            sides = {"handwritten": by_hand(http), "lkrun": ours(release, egress)}
            quiet = await measure(sides)
            await egress.aclose()
    print(heading())
    for row in ROWS.values():
        print(row.line())
    print(quiet.line())


if __name__ == "__main__":
    run(main(), 600)
