"""`lkrun dial`, as people and scripts use it."""

from __future__ import annotations

import asyncio
import json

import pytest
from support.standing import GOOD, compiled, runner

from runner.front.port import DialogueError
from runner.serve.outgoing.by_command import DialCommands
from runner.serve.outgoing.outcome import Dialled, OutgoingCall

A = "+842412345678"


class Calls:
    """Takes orders; each ends as it is told."""

    def __init__(self, result=None, refuses=None):
        self.result, self.refuses, self.calls = result or Dialled("answered"), refuses, {}

    async def place(self, order):
        if self.refuses is not None:
            raise self.refuses
        call = self.calls["call_1"] = OutgoingCall("call_1", order, order.to)
        return call

    def get(self, call_id):
        call = self.calls.get(call_id)
        if call is not None:
            call.dialled, call.answered_by = self.result, "person" if self.result.answered else None
            call.end("caller_left")
        return call


@pytest.fixture
def dial(lkrun, folder, archive):
    """Run the command beside a runner that has these calls."""
    release = compiled(folder, GOOD)

    async def run(calls, *arguments):
        async with runner(archive, release, join=DialCommands(calls).join):
            return await asyncio.to_thread(lkrun, "dial", "desk", folder, *arguments)

    return run


async def test_a_call_is_ordered(dial):
    """With number, metadata and variables; it does not wait for the end."""
    calls = Calls()
    done = await dial(calls, "--to", A, "--metadata", '{"name": "Ann"}', "--var", "name=Ann")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"desk calls {A}: call_1 is queued\n"
    order = calls.calls["call_1"].order
    assert (order.to, order.metadata, order.variables) == (A, {"name": "Ann"}, {"name": "Ann"})


async def test_the_end_is_waited_for(dial):
    """Who answered and how it ended; 1 where nobody did, with the reason in words."""
    done = await dial(Calls(), "--to", A, "--wait")
    assert (done.returncode, done.stdout) == (
        0, f"desk calls {A}: answered by: person; it ended: caller_left\n",
    )  # fmt: skip
    busy = Calls(Dialled("busy", "the line is busy (SIP status 486)", 486))
    done = await dial(busy, "--to", A, "--wait", "--format", "json")
    shown = json.loads(done.stdout)
    assert (done.returncode, shown["reason"], shown["sip_status"]) == (1, "busy", 486)
    done = await dial(busy, "--to", A, "--wait")
    assert done.stdout == (
        f"desk calls {A}: nobody was reached: the line is busy (SIP status 486)\n"
    )


async def test_what_the_runner_refuses_is_said(dial):
    """With what helps."""
    refused = DialogueError("opted_out", f"{A} is never to be called", "take it off")
    done = await dial(Calls(refuses=refused), "--to", A)
    assert done.returncode == 1
    assert f"{A} is never to be called; take it off" in done.stderr


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("+84 24 1234", "too short"),
        ("call me", "is not a phone number"),
        ("020 7946 0018", "does not say of which country it is"),
    ],
)
def test_a_number_that_is_none(lkrun, folder, number, words):
    """In words, before anybody is asked."""
    done = lkrun("dial", "desk", folder, "--to", number)
    assert done.returncode == 2
    assert words in done.stderr


def test_nobody_is_on(lkrun, folder):
    """How to start one."""
    compiled(folder, GOOD)
    done = lkrun("dial", "desk", folder, "--to", A)
    assert done.returncode == 1
    assert "start one with lkrun serve" in done.stderr
