"""`/v1/calls`: calls that agents make."""

from __future__ import annotations

import pytest

from runner.front.calls_port import Order
from runner.front.port import DialogueError

A = "+842412345678"


async def test_a_call_is_ordered(ask, runner):
    """With its key, metadata and variables; the answer says that it is on its way."""
    body = {"agent": "desk", "to": A, "metadata": {"name": "Ann"}, "variables": {"x": 1}}
    status, reply = await ask("POST", "/v1/calls", body, headers={"Idempotency-Key": "k1"})
    assert (status, reply["id"], reply["state"]) == (202, "call_1", "queued")
    assert runner.outgoing.orders == [Order("desk", A, {"name": "Ann"}, {"x": 1}, "k1")]


async def test_a_call_is_shown(ask):
    """How far it has come; one that is unknown is told so."""
    status, reply = await ask("GET", "/v1/calls/call_1")
    assert (status, reply["agent"], reply["answered_by"]) == (200, "desk", None)
    status, reply = await ask("GET", "/v1/calls/call_2")
    assert (status, reply["error"]["code"]) == (404, "unknown_call")


@pytest.mark.parametrize(
    ("code", "expected"),
    [("opted_out", 409), ("key_reused", 422), ("bad_number", 422), ("full", 503), ("no_trunk", 503)],
)  # fmt: skip
async def test_what_cannot_be_done_is_refused(ask, runner, code, expected):
    """Each reason has its status."""
    runner.outgoing.refuses = DialogueError(code, "no", "do this")
    status, reply = await ask("POST", "/v1/calls", {"agent": "desk", "to": A})
    assert (status, reply["error"]) == (
        expected, {"code": code, "message": "no", "help": "do this"},
    )  # fmt: skip


@pytest.mark.parametrize("key", ["", " ", "k" * 256])
async def test_a_key_that_is_none_is_refused(ask, runner, key):
    """It is empty, or too long."""
    headers = {"Idempotency-Key": key}
    status, _ = await ask("POST", "/v1/calls", {"agent": "desk"}, headers=headers)
    assert (status, runner.outgoing.orders) == (400, [])


async def test_unknown_fields_are_refused(ask):
    """As in every body."""
    status, reply = await ask("POST", "/v1/calls", {"agent": "desk", "phone": A})
    assert status == 400
    assert "phone" in reply["error"]["message"]
