"""A line on which both speak at once, in ticks of real time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from runner.session.speech.ends import Ear, Mouth
from runner.session.speech.samples import SECONDS, TICK, Samples
from runner.testing.audio.sound import audible, mixed, write_stereo

_LATE = 3 * SECONDS
"""How much of its delay a line makes up for; the rest is no time on it."""


class Line:
    """What caller and agent say, side by side.

    Times are counted in ticks of 20 ms, by what is heard: however busy the machine is, both ends
    keep in step.

    Args:
        noise: what is heard around the caller, over and over.

    Attributes:
        ear: what the agent hears.
        mouth: what the agent says.
        caller_heard: for each tick, whether the caller's words were audible.
        agent_heard: the same of the agent.
        cuts: ticks in which the agent's words were cut short.
    """

    def __init__(self, noise: Samples | None = None) -> None:
        """Nobody speaks."""
        self.ear, self.mouth = Ear(), Mouth()
        self.caller_heard: list[bool] = []
        self.agent_heard: list[bool] = []
        self.cuts: list[int] = []
        self._noise = noise if noise is not None and len(noise) else None
        self._saying = np.zeros(0, np.int16)
        self._left: list[Samples] = []
        self._right: list[Samples] = []
        self._most: int | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._ticked = asyncio.Event()

    @property
    def now(self) -> int:
        """Ticks so far."""
        return len(self.agent_heard)

    def begin(self) -> None:
        """Let time run."""
        self._ticking = asyncio.get_running_loop().create_task(self._run())

    async def aclose(self) -> None:
        """Hang up the line."""
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking

    async def say(self, samples: Samples) -> None:
        """Say something as the caller, to its end."""
        self._saying = np.concatenate([self._saying, samples])
        await self.until(lambda: not len(self._saying))

    async def until(self, what: Callable[[], bool]) -> None:
        """Wait until something is true; it is looked at after each tick."""
        while not what():
            if self._ticking is not None and self._ticking.done():
                await self._ticking
            self._ticked.clear()
            await self._ticked.wait()

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now + round(seconds / SECONDS)
        await self.until(lambda: self.now >= until)

    def keep_only(self, seconds: float) -> None:
        """Of a talk that lasts longer, keep the sound of its beginning."""
        self._most = round(seconds / SECONDS)

    @property
    def kept(self) -> float:
        """Seconds of which the sound is kept."""
        return len(self._left) * SECONDS

    def write(self, path: Path) -> None:
        """Write the talk so far: on the left what the agent hears, on the right what it says.

        Raises:
            OSError: it cannot be written.
        """
        write_stereo(path, self._left, self._right)

    async def keep(self, path: Path) -> None:
        """Write the talk so far while it goes on, in place of what was written before.

        Raises:
            OSError: it cannot be written.
        """
        left, right = self._left.copy(), self._right.copy()
        await asyncio.to_thread(_replace, path, left, right)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            # a machine that is late is waited for: never are two ticks of sound heard in one
            due = max(due + SECONDS, loop.time() - _LATE)
            await asyncio.sleep(max(0.0, due - loop.time()))
            try:
                self._tick()
            finally:
                self._ticked.set()

    def _tick(self) -> None:
        said, self._saying = self._saying[:TICK], self._saying[TICK:]
        caller = np.zeros(TICK, np.int16)
        caller[: len(said)] = said
        self.caller_heard.append(audible(caller))
        if self._noise is not None:
            places = np.arange(self.now * TICK, (self.now + 1) * TICK) % len(self._noise)
            caller = mixed(caller, self._noise[places])
        if self.mouth.cuts > len(self.cuts):
            self.cuts.append(self.now)
        agent = self.mouth.next_tick()
        self.agent_heard.append(audible(agent))
        self.ear.hear(caller)
        if self._most is None or len(self._left) < self._most:
            self._left.append(caller)
            self._right.append(agent)


def _replace(path: Path, left: list[Samples], right: list[Samples]) -> None:
    """Whoever reads the file meanwhile has the whole of what was there before."""
    beside = path.with_suffix(".part")
    write_stereo(beside, left, right)
    beside.replace(path)
