"""`/v1/calls`: calls that agents make."""

from __future__ import annotations

import pytest

from runner.front.calls_port import Order
from runner.front.port import DialogueError

A = "+842412345678"


async def test_a_call_is_ordered(ask, runner):
    """With its key, metadata and variables; the answer says that it is on its way."""
    body = {"agent": "desk", "to": A, "metadata": {"name": "Ann"}, "variables": {"x": 1}}
    reply = await ask("POST", "/v1/calls", json=body, headers={"Idempotency-Key": "k1"})
    assert (reply.status, reply.json["id"], reply.json["state"]) == (202, "call_1", "queued")
    assert runner.outgoing.orders == [Order("desk", A, {"name": "Ann"}, {"x": 1}, "k1")]


async def test_a_call_is_shown(ask):
    """How far it has come; one that is unknown is told so."""
    reply = await ask("GET", "/v1/calls/call_1")
    assert (reply.status, reply.json["agent"], reply.json["answered_by"]) == (200, "desk", None)
    reply = await ask("GET", "/v1/calls/call_2")
    assert (reply.status, reply.error["code"]) == (404, "unknown_call")


@pytest.mark.parametrize(
    ("code", "status"),
    [("opted_out", 409), ("key_reused", 422), ("bad_number", 422), ("full", 503)],
)
async def test_what_cannot_be_done_is_refused(ask, runner, code, status):
    """Each reason has its status."""
    runner.outgoing.refuses = DialogueError(code, "no", "do this")
    reply = await ask("POST", "/v1/calls", json={"agent": "desk", "to": A})
    assert reply.status == status
    assert reply.error == {"code": code, "message": "no", "help": "do this"}


@pytest.mark.parametrize("key", ["", " ", "k" * 256])
async def test_a_key_that_is_none_is_refused(ask, runner, key):
    """It is empty, or too long."""
    headers = {"Idempotency-Key": key}
    reply = await ask("POST", "/v1/calls", json={"agent": "desk"}, headers=headers)
    assert (reply.status, runner.outgoing.orders) == (400, [])


async def test_unknown_fields_are_refused(ask):
    """As in every body."""
    reply = await ask("POST", "/v1/calls", json={"agent": "desk", "phone": A})
    assert reply.status == 400
    assert "phone" in reply.error["message"]
