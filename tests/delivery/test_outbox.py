"""What is sent after a call arrives, once, whatever happens on the way."""

from __future__ import annotations

import asyncio
import csv
import errno
import json
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from runner.delivery import spool
from runner.delivery.csv_file import RowError, append
from runner.delivery.plan import Planned, Row
from runner.delivery.spool import Spool

HOOK = """
- webhook: https://crm.example/calls
  secret: "{{ secrets.HOOK }}"
  headers:
    X-Key: "{{ secrets.KEY }}"
"""
CSV = """
- csv: calls.csv
  columns:
    who: "{{ name }}"
    why: "{{ extract.reason }}"
    seconds: "{{ call.duration }}"
    said: "{{ call.transcript }}"
"""
TOOL = """
- tool: book
  with:
    why: "{{ extract.reason }}"
"""


async def sent(box, release, report):
    """Have it sent."""
    await box.note(release, report)
    await box.finish(report.session)
    await box.settle()


def rows(data, name="calls.csv"):
    with (data / name).open(newline="") as file:
        return list(csv.reader(file))


@pytest.mark.proves("AfterCall.send", "WebhookSend.webhook", "WebhookSend.secret")
@pytest.mark.proves("WebhookSend.headers")
async def test_a_webhook_is_signed_and_whole(agent, report, outbox, service):
    """Who receives it verifies it as Standard Webhooks, and finds all that is known of the call."""
    await sent(outbox(), agent(HOOK), report())
    (request,) = service.requests
    body = Verifier("c2VjcmV0" * 4).verify(request.content, dict(request.headers))
    assert body["type"] == "after_call"
    assert body["timestamp"] == "2026-12-01T10:01:00+07:00"
    assert body["data"]["session_id"] == "call_1"
    assert body["data"]["extract"] == {"reason": "a table"}
    assert body["data"]["variables"] == {"name": "Ann"}
    assert body["data"]["labels"] == {"team": "front"}
    assert body["data"]["transcript"][1] == {"role": "user", "text": "A table, please."}
    assert request.headers["x-key"] == "k1"
    assert request.headers["webhook-id"] == "msg_call_1_0"


@pytest.mark.proves("CsvSend.csv", "CsvSend.columns")
async def test_a_row_is_appended(agent, report, outbox, data):
    """The first line names the columns; line breaks and commas stay in their cell."""
    box, release = outbox(), agent(CSV)
    await sent(box, release, report())
    await sent(box, release, report("call_2", extract={}))
    said = "Agent: Good day.\nCaller: A table, please."
    assert rows(data) == [
        ["who", "why", "seconds", "said"],
        ["Ann", "a table", "60", said],
        ["Ann", "", "60", said],
    ]


async def test_columns_that_are_left_out(agent, report, outbox, data):
    """Without columns the row has what every call has, and what was extracted."""
    await sent(outbox(), agent("- csv: calls.csv"), report())
    assert rows(data)[1] == [
        "call_1", "desk", "2026-12-01T10:00:00+07:00", "60", "caller_left", "+84901234567",
        "a table",
    ]  # fmt: skip


@pytest.mark.proves("ToolSend.tool", "ToolSend.with")
async def test_a_tool_is_run_by_one_name(agent, report, outbox, service):
    """A tool is asked with what was found, under an id that stays the same over attempts."""
    service.statuses = [503, ConnectionResetError(), 200]
    await sent(outbox(), agent(TOOL), report())
    assert [json.loads(r.content) for r in service.requests] == [{"why": "a table"}] * 3
    assert service.ids == ["msg_call_1_0"] * 3


@pytest.mark.parametrize("looks", [1, 2])
async def test_what_arrives_while_it_is_looked_for_is_sent_once(
    agent, report, outbox, service, looks
):
    """What is due is read in a thread: by then it may have been sent by an earlier look."""
    box = outbox()
    await box.note(agent(HOOK), report())
    read, arrived, due = threading.Event(), threading.Event(), box._spool.due

    def slow(*about):
        found = due(*about)
        read.set()
        assert arrived.wait(30)
        return found

    await box.finish("call_1")
    on_its_way = list(box._on.values())
    assert len(on_its_way) == 1
    box._spool.due = slow
    looking = [asyncio.ensure_future(box.look()) for _ in range(looks)]
    await asyncio.to_thread(read.wait, 30)
    await asyncio.wait(on_its_way)
    arrived.set()
    await asyncio.gather(*looking)
    await box.settle()
    assert service.ids == ["msg_call_1_0"]


@pytest.mark.proves("ToolSend.if", "CsvSend.if", "WebhookSend.if")
@pytest.mark.parametrize("kind", ["csv: calls.csv", "tool: book", "webhook: https://crm.example"])
async def test_each_has_its_condition(agent, report, kind):
    """A send whose `if` is not true is not sent."""
    more = "\n  with:\n    why: x" if "tool" in kind else ""
    release = agent(f"- {kind}{more}\n  if: extract.reason == 'a table'")
    assert len(list(Planned(release, report()).sends())) == 1
    assert not list(Planned(release, report(extract={})).sends())
    assert not list(Planned(release, report(duration=3.0)).sends())


async def test_what_cannot_arrive_is_kept(agent, report, outbox, service):
    """After its last attempt it is a dead letter, which goes out again when somebody says so."""
    states = []
    service.statuses = [500]
    box = outbox(lambda d, state, error: states.append((d.attempts, state, error)), attempts=3)
    await sent(box, agent(HOOK), report())
    assert [(number, state) for number, state, _ in states] == [
        (1, "waiting"), (2, "waiting"), (3, "given_up"),
    ]  # fmt: skip
    (letter,) = box._spool.all()
    assert (letter.state, letter.error) == ("given_up", states[-1][2])
    service.statuses = [200]
    assert box._spool.replay(letter.id)
    await box.settle()
    assert service.ids == ["msg_call_1_0"] * 4
    assert not box._spool.replay(letter.id)


async def test_who_is_gone_is_not_asked_again(agent, report, outbox, service):
    """A receiver that answers 410 has said that it wants nothing more."""
    service.statuses = [410]
    box = outbox()
    await sent(box, agent(HOOK), report())
    assert len(service.requests) == 1
    assert box._spool.all()[0].state == "given_up"


async def test_no_secret_is_on_the_disk(agent, report, outbox, data, service):
    """The spool holds secrets by name; they are read when something is sent."""
    service.statuses = [500]
    await sent(outbox(attempts=1), agent(HOOK), report())
    kept = b"".join(p.read_bytes() for p in (data / "outbox").iterdir())
    assert b"secrets.KEY" in kept
    assert b"c2VjcmV0" not in kept


async def test_a_call_is_finished_once(agent, report, outbox, service):
    """A second end of a call, or a later report, sends nothing more."""
    box, release = outbox(), agent(HOOK)
    await sent(box, release, report())
    await sent(box, release, report(extract={"reason": "other"}))
    assert len(service.requests) == 1


async def test_another_runner_goes_on(agent, report, outbox, service):
    """What a runner leaves that has died is sent by the next: calls that were on, too."""
    service.statuses = [500]
    dead, release = outbox(attempts=99), agent(HOOK)
    await dead.note(release, report("call_1"))
    await dead.finish("call_1")
    await dead.note(release, report("call_2", ended_by="", started="2020-01-01T00:00:00+00:00"))
    for task in list(dead._on.values()):
        task.cancel()
    await asyncio.sleep(0)
    dead._spool._held.close()  # as the system does for a process that is killed
    service.statuses = [200]
    service.requests.clear()
    box = outbox()
    await box.adopt()
    await box.settle()
    assert sorted(service.ids) == ["msg_call_1_0", "msg_call_2_0"]
    bodies = [json.loads(r.content)["data"] for r in service.requests]
    ended = {b["session_id"]: b["ended_by"] for b in bodies}
    assert ended == {"call_1": "caller_left", "call_2": "crashed"}


async def test_what_was_sent_long_ago_is_forgotten(agent, report, outbox, service, monkeypatch):
    """After 30 days; what could not be sent stays until somebody has looked at it."""
    box, release = outbox(attempts=1), agent(HOOK)
    await sent(box, release, report("call_1"))
    service.statuses = [500]
    await sent(box, release, report("call_2"))
    late = time.time() + spool.KEPT_FOR + 1
    monkeypatch.setattr(spool.time, "time", lambda: late)
    await outbox().adopt()
    assert [each.session for each in box._spool.all()] == ["call_2"]
    assert box._spool.call("call_1") is None
    assert box._spool.call("call_2") is not None


async def test_a_runner_that_lives_keeps_its_own(agent, report, outbox, service):
    """Of a runner that is on, nothing is taken over."""
    one, two, release = outbox(), outbox(), agent(HOOK)
    await one.note(release, report("call_1", ended_by=""))
    await two.adopt()
    await two.settle()
    assert not service.requests


async def test_many_calls_end_at_any_moment(agent, report, outbox, service, data):
    """Each send of many calls arrives exactly once by its id, though runners are killed."""
    dice, release = random.Random(11), agent(HOOK + TOOL + CSV)  # noqa: S311 - a seed for the test
    service.statuses = [dice.choice([200, 200, 200, 503, 429]) for _ in range(300)] + [200]
    box, sessions = outbox(), [f"c{n}" for n in range(200)]
    for number, session in enumerate(sessions):
        known = report(session, ended_by=dice.choice(["", "caller_left", "end_call"]),
                       started="2020-01-01T00:00:00+00:00")  # fmt: skip
        await box.note(release, known)
        if dice.random() < 0.8:
            await box.finish(session)
        if number % 50 == 49:
            for task in list(box._on.values()):
                task.cancel()
            await asyncio.gather(*box._on.values(), return_exceptions=True)
            box._spool._held.close()
            box = outbox()
            await box.adopt()
    for session in sessions:
        await box.finish(session)
    await box.settle()
    assert box._spool.counts() == {(kind, "sent"): 200 for kind in ("webhook", "tool", "csv")}
    wanted = {f"msg_{s}_{place}" for s in sessions for place in (0, 1)}
    assert set(service.ids) == wanted
    assert len(rows(data)) == 201


def test_a_full_disk_leaves_no_half_row(data, monkeypatch):
    """Where the disk is full the file stays as it was, and the author is told."""
    row = Row("calls.csv", {"a": "1", "b": "2"})
    append(data, row)
    before = (data / "calls.csv").read_bytes()
    real = os.write

    def full(descriptor, content):
        if len(content) > 2:
            return real(descriptor, content[:2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(RowError, match="the disk is full"):
        append(data, row)
    assert (data / "calls.csv").read_bytes() == before


def test_a_row_that_was_cut_off_is_written_once(data):
    """A row stands once, whether its writer died before or after writing it."""
    row, places = Row("calls.csv", {"a": "1"}), []
    append(data, row, intend=places.append)
    append(data, row, after=places[0])
    assert len(rows(data)) == 2
    size = (data / "calls.csv").stat().st_size
    append(data, row, after=size)
    assert len(rows(data)) == 3


def test_other_columns_begin_a_new_file(data):
    """Rows of other columns do not get under the names of the old ones."""
    append(data, Row("calls.csv", {"a": "1"}))
    assert append(data, Row("calls.csv", {"a": "1", "b": "2"})) == "calls-1.csv"
    assert rows(data) == [["a", "b"], ["1", "2"]]
    assert rows(data, "calls-1.csv") == [["a"], ["1"]]


def test_many_write_one_file(data):
    """Rows of many writers at once stand whole, under one header."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: append(data, Row("c.csv", {"n": str(n) * 50})), range(100)))
    written = rows(data, "c.csv")
    assert written[0] == ["n"]
    assert sorted(written[1:]) == sorted([str(n) * 50] for n in range(100))


@pytest.mark.parametrize(
    ("said", "cell"),
    [("=1+1", "'=1+1"), ("@cmd", "'@cmd"), ("+84 901-2", "+84 901-2"), ("-5", "-5"),
     ("-2+cmd", "'-2+cmd"), ("fine", "fine")],
)  # fmt: skip
async def test_a_cell_is_no_formula(agent, report, said, cell):
    """What a caller says is not run by a spreadsheet; telephone numbers stay as they are."""
    release = agent('- csv: calls.csv\n  columns:\n    a: "{{ extract.reason }}"')
    assert Planned(release, report(extract={"reason": said})).parcel(0).cells == {"a": cell}


def test_a_spool_cannot_be_kept_here(tmp_path):
    """A place that is no folder is an error for its owner to tell."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"File exists|Not a directory"):
        Spool(tmp_path / "file")
