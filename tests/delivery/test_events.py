"""What addresses are told of a call as it goes on: signed, in order, until it has arrived."""

from __future__ import annotations

import json
import sqlite3

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from runner.delivery.events import queued
from runner.delivery.spool import FOLDER, Spool

HOOKS = """\
    events:
      crm:
        url: https://crm.example/events
        secret: "{{ secrets.HOOK }}"
        headers:
          X-Key: "{{ secrets.KEY }}"
      pager:
        url: https://pager.example
        types: error
"""


@pytest.fixture
def release(agent):
    """An agent whose calls two addresses are told of."""
    return agent("- csv: calls.csv", HOOKS)


async def put(box, release, *events, session="call_1"):
    for number, (kind, data) in enumerate(events, 1):
        await box.put(release, session, queued(release, session, number, kind, data))


def bodies(service, host="crm.example"):
    return [json.loads(r.content) for r in service.requests if r.url.host == host]


@pytest.mark.proves("Agent.events", "EventHook.url", "EventHook.secret", "EventHook.headers")
async def test_an_event_is_signed_and_says_whose_it_is(release, outbox, service):
    """Who receives it verifies it as Standard Webhooks."""
    box = outbox()
    await put(box, release, ("transcript", {"role": "user", "text": "A table."}))
    await box.settle()
    (request,) = service.requests
    body = Verifier("c2VjcmV0" * 4).verify(request.content, dict(request.headers))
    assert body["type"] == "transcript"
    about = {"session_id": "call_1", "agent": "desk", "labels": {"team": "front"}}
    assert body["data"] == {**about, "role": "user", "text": "A table."}
    assert request.headers["webhook-id"] == "msg_call_1_crm_1"
    assert request.headers["x-key"] == "k1"


@pytest.mark.proves("EventHook.types")
async def test_an_address_is_told_what_it_wants_to_know(release, outbox, service):
    """All without `types`, else those."""
    box = outbox()
    await put(box, release, ("handoff", {"to": "b"}), ("error", {"message": "x"}))
    await box.settle()
    assert [b["type"] for b in bodies(service)] == ["handoff", "error"]
    assert [b["type"] for b in bodies(service, "pager.example")] == ["error"]


async def test_events_of_a_call_arrive_in_order(release, outbox, service):
    """One that has not arrived holds up those of the same call behind it, and of no other."""
    service.statuses = [503, ConnectionError("down"), 500, 200]
    box = outbox()
    events = [("transcript", {"text": str(n)}) for n in range(20)]
    await put(box, release, *events)
    await put(box, release, *events[:3], session="call_2")
    await box.settle()
    assert len(service.requests) == 23 + 3
    arrived = {}
    for name in service.ids:
        session, _, number = name.removeprefix("msg_").rpartition("_crm_")
        arrived.setdefault(session, []).append(int(number))
    unique = {session: list(dict.fromkeys(numbers)) for session, numbers in arrived.items()}
    assert unique == {"call_1": list(range(1, 21)), "call_2": [1, 2, 3]}
    assert all(numbers == sorted(numbers) for numbers in arrived.values())


async def test_one_that_is_given_up_lets_the_others_go_on(release, outbox, service):
    """It is a dead letter, that goes out again when somebody says so."""
    service.statuses = [503, 503, 200]
    states = []
    box = outbox(lambda d, state, _: states.append((d.place, state)), attempts=2)
    await put(box, release, ("transcript", {"text": "1"}), ("transcript", {"text": "2"}))
    await box.settle()
    assert states == [(1, "waiting"), (1, "given_up"), (2, "sent")]
    (dead,) = (d for d in box._spool.all() if d.state == "given_up")
    assert dead.to_data()["session_id"] == "call_1"
    assert (dead.kind, dead.target) == ("event", "https://crm.example/events")
    assert box._spool.replay(dead.id)
    await box.settle()
    assert service.ids[-1] == "msg_call_1_crm_1"
    assert await box.counts() == {("event", "sent"): 2}


async def test_what_a_dead_runner_has_left_is_told_by_the_next(release, outbox, service):
    """In order, and without the call being ended for it."""
    service.statuses = [503]
    dead = outbox(attempts=99)
    await put(dead, release, ("transcript", {"text": "1"}), ("transcript", {"text": "2"}))
    for task in list(dead._on.values()):
        task.cancel()
    dead._spool._held.close()  # as the system does for a process that is killed
    service.statuses, service.requests = [200], []
    living = outbox()
    await living.adopt()
    await living.settle()
    assert [b["data"]["text"] for b in bodies(service)] == ["1", "2"]


async def test_an_address_that_the_call_has_no_more_gets_nothing(release, agent, outbox, service):
    """What was kept for it goes by the release of its call, whatever is served now."""
    box = outbox()
    await put(box, release, ("transcript", {"text": "1"}))
    agent("- csv: calls.csv")
    await box.settle()
    assert len(bodies(service)) == 1


def test_the_file_of_an_older_version_is_read(data):
    """It has no columns for events: they are added, and what it keeps stays."""
    (data / FOLDER).mkdir(parents=True)
    with sqlite3.connect(data / FOLDER / "outbox.db") as db:
        db.execute(
            "CREATE TABLE calls (session TEXT PRIMARY KEY, agent TEXT NOT NULL, digest TEXT NOT "
            "NULL, report TEXT NOT NULL, open INTEGER NOT NULL, owner TEXT NOT NULL, at REAL NOT "
            "NULL)"
        )
        db.execute(
            "CREATE TABLE deliveries (id TEXT PRIMARY KEY, session TEXT NOT NULL, place INTEGER "
            "NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL, attempts "
            "INTEGER NOT NULL, due REAL NOT NULL, error TEXT NOT NULL, intent INTEGER, owner TEXT "
            "NOT NULL, at REAL NOT NULL)"
        )
        db.execute("INSERT INTO calls VALUES ('s', 'desk', 'd', '{}', 0, 'o', 1.0)")
        db.execute(
            "INSERT INTO deliveries VALUES "
            "('m', 's', 0, 'csv', 'calls.csv', 'sent', 1, 0.0, '', NULL, 'o', 1.0)"
        )
    db.close()
    for _ in range(2):
        spool = Spool(data)
        (kept,) = spool.all()
        spool.close()
        assert (kept.id, kept.series, kept.content) == ("m", "", "")
