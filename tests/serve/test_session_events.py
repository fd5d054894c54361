"""The events of a session: numbered, waited for, and kept for an hour after its end."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from runner.serve.sessions.calls import CallInfo
from runner.serve.sessions.event_log import KEPT, EventLog
from runner.serve.sessions.past import HOUR, PastSessions


def message(turn):
    return {"turn": turn, "type": "message"}


def test_events_are_numbered_from_one():
    """Whoever has some asks for those after."""
    log = EventLog()
    assert (log.latest, log.last, log.since(0)) == (0, None, [])
    for turn in (0, 1, 1):
        log.add(message(turn))
    assert log.since(0) == [(1, message(0)), (2, message(1)), (3, message(1))]
    assert log.since(2) == [(3, message(1))]
    assert log.since(3) == log.since(99) == []
    assert (log.begin_of(1), log.begin_of(7)) == (2, 4)


def test_numbers_stay_when_the_oldest_go():
    """A long conversation forgets its beginning, and no number changes."""
    log = EventLog()
    for turn in range(KEPT + 10):
        log.add(message(turn))
    assert log.since(0)[0] == (11, message(10))
    assert log.since(KEPT + 9) == [(KEPT + 10, message(KEPT + 9))]
    assert len(list(log)) == KEPT


def test_packed_events_read_the_same():
    """What is held in little room is read, numbered and gone on with as before."""
    log = EventLog()
    for turn in range(KEPT + 2):
        log.add(message(turn) | {"text": "Gr\u00fc\u00dfe", "arguments": {"n": [1, None, True]}})
    before, last = log.since(0), log.last
    size = log.pack()
    assert log.since(0) == before
    assert (log.last, log.latest, log.begin_of(4)) == (last, KEPT + 2, 5)
    assert log.pack() == size < 200 * KEPT
    log.add(message(9))
    assert log.since(KEPT + 2) == [(KEPT + 3, message(9))]
    assert len(list(log)) == KEPT


async def test_who_waits_is_woken():
    """By the next event, and by the end."""
    log = EventLog()
    waiting = asyncio.ensure_future(log.more(0))
    await asyncio.sleep(0)
    log.add(message(0))
    assert await waiting == [(1, message(0))]
    waiting = asyncio.ensure_future(log.more(1))
    await asyncio.sleep(0)
    log.close()
    assert await waiting == []
    assert await log.more(0) == [(1, message(0))]


@pytest.fixture
def call():
    """A dialogue that has been answered."""
    made = CallInfo("s-1", "desk", "text", "r-1", "host")
    made.answered = True
    made.take(message(0))
    return made


def test_an_end_is_always_told(call):
    """Where the process could not say it, the runner does; who said it is not contradicted."""
    call.close("crashed")
    assert call.events.last == {"turn": 0, "type": "end", "reason": "crashed"}
    assert call.events.closed
    other = dataclasses.replace(call, events=EventLog())
    other.take({"turn": 3, "type": "end", "reason": "end_call"})
    other.close("end_call")
    assert len(list(other.events)) == 1
    shown = other.detail()
    assert (shown["reason"], shown["ended"][-1]) == ("end_call", "Z")


def test_an_ended_session_is_kept_for_an_hour(call):
    """Then it is forgotten; who wants it fresher may say so."""
    now = 0.0
    past = PastSessions(lambda: now)
    past.keep(call)
    now = 700.0
    assert past.get("s-1") is call
    assert past.get("s-1", within=600) is None
    now = HOUR + 1
    assert past.get("s-1") is None
    assert past._kept == {}


def test_many_and_large_sessions_find_an_end(call):
    """No more is kept than there is room for, the oldest go first."""
    past = PastSessions(lambda: 0.0)
    for number in range(1100):
        past.keep(dataclasses.replace(call, id=f"s-{number}"))
    assert past.get("s-0") is None
    assert past.get("s-1099") is not None
    large = dataclasses.replace(call, events=EventLog())
    for _ in range(100):
        large.take({"turn": 1, "type": "message", "text": "x" * 100_000})
    for number in range(20):
        past.keep(dataclasses.replace(large, id=f"large-{number}"))
    assert past._bytes <= 64 * 1024 * 1024
    assert past.get("large-19") is not None
