"""What a call keeps of each voice handoff, in bytes and in objects.

A call by voice in this process, with the offline ears and voice, LiveKit's own speech detection
and a silent microphone: two personas hand it to and fro. After each ten handoffs /proc tells the
process's memory, and the garbage collector how many objects of each type there are.

Run: ``python benchmarks/handoffs.py [--quick] [--who TYPE]``, about 2 minutes; ``--who`` tells who
keeps the objects of one type. Needs the three plugins.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
from livekit import rtc
from livekit.agents.voice import io

from runner.cache import Cache
from runner.compiler import Compiler
from runner.session import CallFacts
from runner.session.conversation import Conversation

FOLDER = """
agents:
  desk:
    start: day
    llm: brain
    stt: ears
    tts: voice
    turn_taking:
      detection: vad
personas:
  day:
    instructions: Day desk.
    greeting:
      say: Day.
    on_return:
      say: Day.
    handoffs:
      night:
        when: It is night.
  night:
    instructions: Night desk.
    greeting:
      say: Night.
    on_return:
      say: Night.
    handoffs:
      day:
        when: It is day.
providers:
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  voice:
    tts: espeak
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: night
          call: transfer_to_night
        - when_caller_says: day
          call: transfer_to_day
      otherwise: Pardon?
"""
_FRAME = 0.01
_RARE = 5
_TOLD = ("livekit", "runner", "asyncio", "_asyncio")
LAST = 25


class Microphone(io.AudioInput):
    """A microphone in a silent room."""

    def __init__(self) -> None:
        super().__init__(label="microphone")
        self._frames = self._silence()

    async def _silence(self) -> AsyncIterator[rtc.AudioFrame]:
        while True:
            await asyncio.sleep(_FRAME)
            yield rtc.AudioFrame.create(16000, 1, int(16000 * _FRAME))

    async def __anext__(self) -> rtc.AudioFrame:
        return await anext(self._frames)


class Speaker(io.AudioOutput):
    """A loudspeaker that plays in no time."""

    def __init__(self) -> None:
        able = io.AudioOutputCapabilities(pause=False)
        super().__init__(label="speaker", capabilities=able, sample_rate=16000)
        self._played = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if not self._played:
            self.on_playback_started(created_at=0.0)
        self._played += frame.duration

    def flush(self) -> None:
        super().flush()
        played, self._played = self._played, 0.0
        if played:
            self.on_playback_finished(playback_position=played, interrupted=False)

    def clear_buffer(self) -> None:
        """There is none."""


def state() -> tuple[float, Counter[str]]:
    """The memory of this process, and how many objects of each type there are."""
    gc.collect()
    names = Counter(f"{type(o).__module__}.{type(o).__qualname__}" for o in gc.get_objects())
    return float(psutil.Process().memory_full_info().uss), names


def keepers(name: str, root: object) -> None:
    """Tell the shortest way from the call to the oldest object of a type that it keeps."""
    wanted = {id(o) for o in gc.get_objects() if type(o).__qualname__ == name}
    came: dict[int, tuple[Any, Any]] = {id(root): (root, None)}
    row: list[Any] = [root]
    while row:
        following: list[Any] = []
        for holder in row:
            for held in gc.get_referents(holder):
                if id(held) in came or isinstance(held, type | ModuleType):
                    continue
                came[id(held)] = held, holder
                if id(held) in wanted and len(wanted) > 1:
                    wanted.discard(id(held))
                    _tell_way(held, came)
                    if len(wanted) < LAST:
                        return
                following.append(held)
        row = following


def _tell_way(held: Any, came: dict[int, tuple[Any, Any]]) -> None:
    print("a way to one:")
    while held is not None:
        text = str(held).replace("\n", " ")[:90] if not isinstance(held, dict | list) else ""
        print(f"  {type(held).__module__}.{type(held).__qualname__}  {text}")
        held = came[id(held)][1]


async def _run(rounds: int, who: str | None) -> None:
    folder = Path(tempfile.mkdtemp(prefix="lkrun-handoffs-"))
    (folder / "desk.yaml").write_text(FOLDER)
    compiled = Compiler(folder, env={}, cache=Cache(folder / ".cache")).compile()
    assert compiled.release is not None, compiled.diagnostics  # noqa: S101 - a benchmark
    (release,) = compiled.release.agents.values()
    talk = Conversation(release, None, CallFacts())  # type: ignore[arg-type]  # no tool is asked
    await talk.start(audio_in=Microphone(), audio_out=Speaker())
    await talk.quiet()
    first: tuple[float, Counter[str]] | None = None
    memory = 0.0
    for number in range(rounds + 1):
        for target in ("night", "day") * 5:
            await talk.session.generate_reply(user_input=target)
            await talk.quiet()
        memory, names = state()
        if number == 0:  # what is loaded once is loaded
            first = memory, names
        print(f"{(number + 1) * 10:4} handoffs: {memory / 2**20:6.1f} MB", flush=True)
    assert first is not None  # noqa: S101 - set in the first round
    each = (memory - first[0]) / (rounds * 10) / 1024
    print(f"kept by each handoff: {each:.0f} KB")
    for name, more in (names - first[1]).most_common(200):
        if more < rounds * 5 or not name.startswith(
            ("livekit", "runner", "asyncio", "builtins.trace", "builtins.cor", "_asyncio")
        ):
            continue
        print(f"  {more / (rounds * 10):5.1f} {name}")
    if who is not None:
        keepers(who, talk.session)
    await talk.end()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    options.add_argument("--who")
    given = options.parse_args(sys.argv[1:])
    asyncio.run(_run(2 if given.quick else 6, given.who))
