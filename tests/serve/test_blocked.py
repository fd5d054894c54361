"""Calls whose process is blocked: told, and ended when it does not come back."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from runner.serve.sessions import calls as calls_module
from runner.serve.sessions.blocked import _HOPELESS, BlockedProcesses
from runner.serve.socket.messages import Blocked


@pytest.fixture
def process():
    """A process that this one has begun, as a call's."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield child
    child.stdin.close()
    child.kill()
    child.wait()


@pytest.fixture
def blocked(calls, log):
    """Who hears of blocked processes."""
    return BlockedProcesses(calls, log)


@pytest.fixture
def call(calls):
    """A call that has been greeted."""
    call = calls.begin("AJ_1", "desk", "call", room="r")
    call.take({"type": "message", "turn": 0})
    return call


def stuck(call, pid, *, over=False):
    """What a watchdog says."""
    return Blocked(pid, call.id, 2.0, "llm 'x'", "x 1.0", "x", over)


def wait(blocked, looks=_HOPELESS + 1):
    """Look so often."""
    for _ in range(looks):
        blocked.look()


def test_a_call_whose_process_does_not_come_back_is_ended(blocked, call, process, log):
    """It is killed after some looks, and not before."""
    blocked.hear(stuck(call, process.pid))
    wait(blocked, _HOPELESS)
    assert process.poll() is None
    wait(blocked, 1)
    assert process.wait(10) < 0
    (event,) = log.named("call_process_ended")
    assert (event["session"], event["room"], event["pid"]) == (call.id, "r", process.pid)


def test_who_comes_back_is_left_alone(blocked, call, process):
    """So is a call that has ended meanwhile, and one that has not said a word yet."""
    blocked.hear(stuck(call, process.pid))
    blocked.hear(stuck(call, process.pid, over=True))
    wait(blocked)
    assert process.poll() is None


def test_what_still_loads_is_left_to_livekit(blocked, calls, process):
    """A call that has not said a word yet may load something large."""
    silent = calls.begin("AJ_2", "desk", "call")
    blocked.hear(stuck(silent, process.pid))
    wait(blocked)
    assert process.poll() is None


def test_a_call_that_has_ended_is_forgotten(blocked, calls, call, process):
    """Its process may be anybody's by now."""
    blocked.hear(stuck(call, process.pid))
    calls.end(call.id, "crashed")
    wait(blocked)
    assert process.poll() is None


def test_only_processes_of_this_runner_are_ended(blocked, call, log):
    """What a process says of its number is not believed."""
    blocked.hear(stuck(call, os.getppid()))
    wait(blocked)
    assert log.named("call_process_ended") == []


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)])
def test_a_clock_that_is_set_changes_no_duration(calls, call, log, monkeypatch, jump):
    """How long a call took is counted by a clock that nobody sets."""

    class Set(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + jump

    calls.answer(call)
    monkeypatch.setattr(calls_module, "datetime", Set)
    calls.end(call.id, "caller_left")
    (event,) = log.named("session_ended")
    assert 0 <= event["duration"] < 10
    assert calls.past(call.id).detail()["reason"] == "caller_left"
