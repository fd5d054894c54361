"""The first words wait where the agent's track is slow to reach the caller."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession

from runner.session.observers.arrival import USUAL, hold_until_heard


class Output:
    """An audio output that notes when it is stopped and let go on."""

    def __init__(self) -> None:
        self.told: list[tuple[str, float]] = []
        self.resumed = asyncio.Event()

    def pause(self) -> None:
        self.told.append(("pause", asyncio.get_running_loop().time()))

    def resume(self) -> None:
        self.told.append(("resume", asyncio.get_running_loop().time()))
        self.resumed.set()


def held(output: Output | None, subscribed: asyncio.Future[None] | None) -> rtc.EventEmitter[Any]:
    """A room in which a session with this output is about to be started."""
    room: rtc.EventEmitter[Any] = rtc.EventEmitter()
    room_io = SimpleNamespace(subscribed_fut=subscribed)
    session: Any = SimpleNamespace(room_io=room_io, output=SimpleNamespace(audio=output))
    hold_until_heard(session, room)  # type: ignore[arg-type]  # events are all that it uses of a room
    return room


async def test_a_late_subscription_is_waited_for_as_long_as_it_was_late():
    """Words that are ready are held from the subscription on, and then let go."""
    loop, output = asyncio.get_running_loop(), Output()
    subscribed: asyncio.Future[None] = loop.create_future()
    begun = loop.time()
    held(output, subscribed).emit("local_track_published", None, None)
    loop.call_later(USUAL + 0.1, subscribed.set_result, None)
    async with asyncio.timeout(5):
        await output.resumed.wait()
    (paused, at), (resumed, later) = output.told
    assert (paused, resumed) == ("pause", "resume")
    assert later - at >= (at - begun - USUAL) * 0.9


async def test_a_quick_subscription_costs_nothing():
    """Where nothing is slow the first words are never held."""
    output = Output()
    subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    held(output, subscribed).emit("local_track_published", None, None)
    subscribed.set_result(None)
    await asyncio.wait([subscribed])
    await asyncio.sleep(0)
    assert not output.told


async def test_later_tracks_hold_nothing():
    """Only the first track carries the first words."""
    loop, output = asyncio.get_running_loop(), Output()
    subscribed: asyncio.Future[None] = loop.create_future()
    room = held(output, subscribed)
    room.emit("local_track_published", None, None)
    room.emit("local_track_published", None, None)
    loop.call_later(USUAL + 0.05, subscribed.set_result, None)
    async with asyncio.timeout(5):
        await output.resumed.wait()
    assert len(output.told) == 2


async def test_an_agent_without_a_voice_waits_for_nothing():
    """By text there is no track, and one without an output is left alone."""
    held(None, None).emit("local_track_published", None, None)
    subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    held(None, subscribed).emit("local_track_published", None, None)
    subscribed.set_result(None)
    await asyncio.sleep(0)


async def test_a_call_that_has_ended_meanwhile_is_let_be(caplog):
    """Who hangs up while the track is being published leaves a session without a room."""
    room: rtc.EventEmitter[Any] = rtc.EventEmitter()
    session: AgentSession[None] = AgentSession(vad=None, userdata=None)
    hold_until_heard(session, room)  # type: ignore[arg-type]  # as above
    room.emit("local_track_published", None, None)
    assert not caplog.records
    await session.aclose()
