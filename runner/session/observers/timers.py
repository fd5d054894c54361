"""Time in a call: idle prompts, moments that the caller takes, and the longest call."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from runner.schema.agents import Idle, Limits
from runner.session.call import Call
from runner.session.clock import Timer


class CallTimers:
    """Looks at the clock of one call.

    Args:
        call: the call; its session has begun.
        idle: what happens when the caller says nothing.
        limits: how long a call may last.
    """

    def __init__(self, call: Call, idle: Idle | None, limits: Limits | None) -> None:
        """Begin with nothing running."""
        self._call, self._idle, self._limits = call, idle, limits
        self._prompts = 0
        self._held_until = 0.0
        self._began = 0.0
        self._timers: dict[str, Timer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Begin to count the call's time."""
        self._began = self._call.clock.time()
        self._limit()

    def renew(self, idle: Idle | None, limits: Limits | None) -> None:
        """Go by what another release says; the call's time counts on from its beginning."""
        self._idle, self._limits = idle, limits
        self._limit()

    def _limit(self) -> None:
        self._stop("longest")
        longest = self._limits.max_duration if self._limits is not None else None
        if longest is not None:
            passed = self._call.clock.time() - self._began
            self._later("longest", max(0.0, longest - passed), self._too_long)

    def hold(self, seconds: float) -> None:
        """Hold idle prompts back for so long."""
        self._held_until = self._call.clock.time() + seconds

    def heard(self) -> None:
        """The caller has said something: idle prompts begin anew."""
        self._prompts = 0
        self._held_until = 0.0
        self._stop("held")

    def away(self) -> None:
        """Nobody has said anything for as long as `idle` waits."""
        if self._idle is None or self._call.over:
            return
        left = self._held_until - self._call.clock.time()
        if left > 0:
            self._later("held", left, self._prompt)
        else:
            self._start(self._prompt())

    def stop(self) -> None:
        """Stop all clocks."""
        for name in list(self._timers):
            self._stop(name)

    async def _prompt(self) -> None:
        with self._call.busy():
            await self._ask()

    async def _ask(self) -> None:
        idle = self._idle
        if idle is None or self._call.over:
            return
        speaks = idle.say is not None or idle.instructions is not None
        if speaks and self._prompts < idle.times:
            self._prompts += 1
            if idle.say is not None:
                await self._call.say(idle.say)
            elif idle.instructions is not None:
                await self._call.instruct(self._call.bound.renderer.text(idle.instructions))
            self._call.session.reset_away_timer()
        elif idle.then:
            await self._call.persona.unasked.act(idle.then)

    async def _too_long(self) -> None:
        limits = self._limits
        assert limits is not None  # noqa: S101 - the timer is only set with limits
        self._call.over = True
        if limits.farewell is not None:
            await self._call.say(limits.farewell, interruptible=False)
        else:
            words = self._call.bound.renderer.own("goodbye")
            await self._call.speak(words, interruptible=False)
        self._call.finish("max_duration")

    def _later(self, name: str, seconds: float, work: Any) -> None:
        self._stop(name)
        self._timers[name] = self._call.clock.later(seconds, lambda: self._start(work()))

    def _stop(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
