"""Simulated time."""

from __future__ import annotations

import asyncio
import gc
import weakref

from runner.testing.time import SimulatedLoop


def run(work):
    """Run something in simulated time."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as running:
        return running.run(work)


class Held:
    """Something that a timer holds."""

    def done(self):
        """Be called."""


def test_a_timer_that_has_run_holds_nothing():
    """Whatever a timer was given is free once it has run or was cancelled."""

    async def held():
        loop = asyncio.get_running_loop()
        ran, cancelled = Held(), Held()
        loop.call_later(0.001, ran.done)
        loop.call_later(1000, cancelled.done).cancel()
        known = [weakref.ref(ran), weakref.ref(cancelled)]
        del ran, cancelled
        await asyncio.sleep(0.01)
        gc.collect()
        return [each() for each in known]

    assert run(held()) == [None, None]


def test_timers_that_have_run_are_swept_out():
    """Their list does not grow with a loop's age."""

    async def swept():
        loop = asyncio.get_running_loop()
        for _ in range(5_000):
            loop.call_later(1000, print).cancel()
        return len(loop._timers)

    assert run(swept()) < 4_000


def test_timers_that_are_passed_run_in_their_order():
    """Each runs at its own time, although nobody has waited."""

    async def passed():
        loop, moments, began = asyncio.get_running_loop(), [], asyncio.get_running_loop().time()
        for seconds in (30, 10, 20):
            loop.call_later(
                seconds, lambda s=seconds: moments.append((s, round(loop.time() - began)))
            )
        await loop.forward(25)
        return moments

    assert run(passed()) == [(10, 10), (20, 20)]
