"""The time of a call passes as its clock says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from support.voice_folder import PLAIN, ended, said

from runner.session.clock import MachineClock, SimulatedClock, within

NINE = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.fixture
def clock():
    """Nine in the morning."""
    return SimulatedClock(NINE)


def test_simulated_time_passes_when_it_is_told_to(clock):
    """What falls due is done at its own moment, in order, and what was cancelled is not done."""
    done = []
    clock.later(20, lambda: done.append(("late", clock.time())))
    clock.later(5, lambda: clock.later(10, lambda: done.append(("after", clock.time()))))
    clock.later(7, lambda: done.append("never")).cancel()
    assert clock.waiting == 2
    clock.advance(30)
    assert done == [("after", 15.0), ("late", 20.0)]
    assert clock.waiting == 0
    assert (clock.now() - NINE).total_seconds() == 30


async def test_a_bound_is_one_of_the_clock(clock):
    """What is awaited is given up when the clock says so, and not before."""
    begun = asyncio.Event()

    async def wait():
        async with within(clock, 60):
            begun.set()
            await asyncio.Event().wait()

    waiting = asyncio.create_task(wait())
    await begun.wait()
    clock.advance(59)
    assert clock.waiting == 1
    clock.advance(1)
    with pytest.raises(TimeoutError):
        await waiting
    assert clock.waiting == 0


async def test_machine_clock():
    """The machine's clock tells its moment with a time zone, and does things later."""
    machine, done = MachineClock(), asyncio.Event()
    assert machine.now().tzinfo is not None
    assert machine.later(0, done.set).when() <= machine.time()
    await done.wait()
    machine.later(3600, done.set).cancel()


async def test_an_hour_takes_no_time(begin, clock):
    """The longest call ends when the clock of the call says so, however long that is."""
    limits = "    limits:\n      max_duration: 1h\n      farewell: Time is up.\n"
    folder = PLAIN.replace("personas:\n", limits + "personas:\n", 1)
    talk = await begin(folder, channel="voice", clock=clock)
    await talk.until(said("Good day."))
    clock.advance(3599)
    assert not talk.conversation.ended.done()
    clock.advance(1)
    await talk.until(said("Time is up."))
    assert (await talk.until(ended))["reason"] == "max_duration"
