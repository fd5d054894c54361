"""What certainty costs: a turn by text of a persona with needs, intents and keys.

The same scripted model answers for a plain persona, in dialogues that take turns. Targets: a turn
≤ 1.15 x of the plain persona's; 300 intents add ≤ 1 ms to a turn.

Run: ``python benchmarks/certain_turn.py [--quick]``, half a minute.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path

from figures import p95
from livekit.agents.testing import fake_job_context
from machine import Beside
from programs import run

from runner.cache import Cache
from runner.compiler import Compiler
from runner.egress.client import HttpEgress
from runner.egress.secrets import Secrets
from runner.link.release import AgentRelease
from runner.session import CallFacts
from runner.session.conversation import Conversation
from runner.session.events import MessageEvent

DIALOGUES = 10 if "--quick" in sys.argv else 100
LINES = ("my name is Mary", "what do you have", "and for two people", "that sounds good")
ANSWER = "I hear you."

_BASE = """\
agents:
{agents}
personas:
{personas}
providers:
  brain:
    llm: script
    with:
      rules:
      - when_caller_says: my name is Mary
        call:
          fill_in:
            guest: Mary
      otherwise: I hear you.
"""
_AGENT = "  {name}:\n    start: {name}_host\n    mode: text\n    llm: brain\n"
_PERSONA = "  {name}_host:\n    instructions: You answer the phone of a hotel.\n"
_NEEDS = """\
    needs:
      guest:
        description: The name
    keypad:
      "1":
        say: One.
      other:
        say: Please press 1.
"""


_INTENT = """\
      i{n}:
        phrases:
        - please do number {n} now
        pattern: order (no|number) {n}\\b
        then:
          say: Done.
"""


def _intents(count: int) -> str:
    words = "".join(_INTENT.format(n=n) for n in range(count))
    return f"    intents:\n{words}" if count else ""


KINDS = {
    "plain": "",
    "certain": _NEEDS + _intents(10),
    "many": _intents(300),
}


def releases(scratch: Path) -> dict[str, AgentRelease]:
    """Compile an agent of each kind."""
    place = scratch / "agents.d"
    place.mkdir()
    text = _BASE.format(
        agents="".join(_AGENT.format(name=name) for name in KINDS),
        personas="".join(_PERSONA.format(name=name) + more for name, more in KINDS.items()),
    )
    (place / "all.yaml").write_text(text, encoding="utf-8")
    compiled = Compiler(place, env={}, cache=Cache(scratch / "cache")).compile()
    if compiled.release is None:
        raise SystemExit(str(compiled.diagnostics[:3]))
    return dict(compiled.release.agents)


async def dialogue(release: AgentRelease, egress: HttpEgress) -> list[float]:
    """The seconds of each turn after the first, in which the name is told."""
    with fake_job_context():
        talk = Conversation(release, egress.of(release), CallFacts(), channel="text")
        took = []
        try:
            await talk.start()
            for line in LINES:
                begun = time.perf_counter()
                events = await talk.turn(line)
                took.append(time.perf_counter() - begun)
            if "guest" in release.variables and talk.variables.get("guest") != "Mary":
                raise SystemExit("the name was not taken")
            said = [e.text for e in events if isinstance(e, MessageEvent)][-1]
            if said != ANSWER:
                raise SystemExit(f"the agent said {said!r} and not {ANSWER!r}")
        finally:
            await talk.end()
        return took[1:]


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        agents = releases(Path(scratch))
        egress = HttpEgress(Secrets({}), ())
        found: dict[str, list[float]] = {name: [] for name in KINDS}
        beside = Beside()
        for number in range(-2, DIALOGUES):
            gc.collect()
            for name in sorted(KINDS, reverse=bool(number % 2)):
                took = await asyncio.create_task(dialogue(agents[name], egress))
                if number >= 0:
                    found[name] += took
        cores = beside.cores()
        await egress.aclose()
    middle = {name: statistics.median(values) * 1000 for name, values in found.items()}
    for name, values in found.items():
        high = p95(values) * 1000
        print(f"{name:<10} {middle[name]:6.2f} ms (p95 {high:6.2f}, n {len(values)})")
    ratio, more = middle["certain"] / middle["plain"], middle["many"] - middle["plain"]
    verdict = "ok" if ratio <= 1.15 else "MISSED"  # noqa: PLR2004 - the target
    print(f"needs, intents and keys: {ratio:.2f} x of a plain turn  {verdict} (≤ 1.15 x)")
    print(f"300 intents add {more:.2f} ms  {'ok' if more <= 1 else 'MISSED'} (≤ 1 ms)")
    print(f"other programs beside it: {cores:.2f} cores")


if __name__ == "__main__":
    run(main(), 300)
