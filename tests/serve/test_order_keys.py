"""An order is one call for its key: when the runner starts again, and for two runners."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from support.fake_telephone import FakePlaces, FakeTelephone

from runner.front.calls_port import Order
from runner.front.port import DialogueError
from runner.records import orders
from runner.records.address import address_of
from runner.records.database import Database, DatabaseError
from runner.secret import Secret
from runner.serve.outgoing.book import ServedCalls
from runner.serve.outgoing.calls import OutgoingCalls
from runner.serve.outgoing.keys import LEASE, OrderKeys
from runner.serve.outgoing.never_called import NeverCalled
from runner.serve.records.recorder import Recorder
from runner.serve.socket.messages import Dial

A, B = "+842412345678", "+442079460018"
ORDER = Order("desk", A, {"name": "Ann"}, key="k1")


@dataclass
class Clock:
    """A clock that tests move."""

    now: float = field(default_factory=time.time)


@pytest.fixture
def clock():
    """The time of all runners."""
    return Clock()


@pytest.fixture
def places():
    """Rooms: who was called in them, by any runner."""
    return FakePlaces()


@pytest_asyncio.fixture
async def run(changed, releases, calls, admission, log, secrets, clock, places, tmp_path):  # noqa: PLR0913, PLR0917 - fixtures
    """Begin a runner on one database."""
    changed("limits:\n", 'dial:\n      to: "{{ job.metadata.phone }}"\n    limits:\n')
    releases.swap(changed("runner:\n", f"runner:\n  data_dir: {tmp_path / 'data'}\n"))
    made = []

    def begin():
        recorder = Recorder(releases, calls, log, secrets, {})
        keys = OrderKeys(recorder.place, lambda: clock.now)
        outgoing = OutgoingCalls(
            releases, calls, admission, NeverCalled(recorder), keys, log,
            refusal=lambda _: None, places=places, telephone=FakeTelephone(), trunk="ST_1",
        )  # fmt: skip
        made.append((outgoing, recorder))
        return outgoing

    yield begin
    for outgoing, recorder in made:
        await outgoing.stop()
        await recorder.stop()


def shown(call):
    """What is shown of a call, but for when it began: the clock of keys is the tests' own."""
    return {name: value for name, value in call.to_data().items() if name != "began"}


async def answered(outgoing, calls, call):
    """A process takes a call, somebody answers it, and it ends."""
    session = calls.begin("AJ_1", "desk", "call", room="room")
    outgoing.taken(call, session)
    await outgoing.dial(session, Dial("AJ_1", 1, A, "phone"))
    call.answered_by = "person"
    calls.end("AJ_1", "end_call")
    await call.over()


async def test_what_came_of_it_is_known_after_a_restart(run, calls, places):
    """The same order is that call, by its id too; nobody is called once more."""
    before = run()
    call = await before.place(ORDER)
    await answered(before, calls, call)
    await before.stop()
    after = run()
    again = await after.place(ORDER)
    wanted = shown(call)
    assert shown(again) == wanted
    assert (await again.over()).reason == "end_call"
    assert shown(await after.found(call.id)) == {**wanted, "to": None}
    assert (await ServedCalls(after).call(call.id))["reason"] == "end_call"
    with pytest.raises(DialogueError) as error:
        await after.place(Order("desk", B, key="k1"))
    assert error.value.code == "key_reused"
    assert places.called == [call]


async def test_a_runner_that_died_leaves_its_call_unknown(run, clock, places):
    """As long as it may live, its call goes on; then nobody knows what came of it."""
    call = await run().place(ORDER)
    after = run()
    assert shown(await after.place(ORDER)) == shown(call)
    clock.now += LEASE + 1
    lost = (await after.place(ORDER)).to_data()
    assert (lost["id"], lost["state"], lost["reason"]) == (call.id, "ended", "lost")
    assert "the runner that made the call was gone" in lost["message"]
    assert places.called == [call]


async def test_two_runners_make_one_call(run, places):
    """The same order given to both at the same time is one call."""
    both = await asyncio.gather(run().place(ORDER), run().place(ORDER))
    assert len({call.id for call in both}) == len(places.called) == 1


async def test_a_key_is_free_after_a_day(run, clock, places):
    """Another order may have it then."""
    outgoing = run()
    first = await outgoing.place(ORDER)
    clock.now += orders.DAY + 1
    second = await outgoing.place(Order("desk", B, key="k1"))
    assert first is not second
    assert len(places.called) == 2


async def test_nobody_is_called_where_the_key_cannot_be_kept(run, places, monkeypatch):
    """It might be the second time."""
    monkeypatch.setattr(orders, "begin", _locked)
    with pytest.raises(DialogueError) as error:
        await run().place(ORDER)
    assert error.value.code == "records_unavailable"
    assert "Idempotency-Key" in error.value.message
    assert places.called == []


def _locked(*_):
    raise DatabaseError("it is locked")


def test_the_order_itself_is_not_kept(tmp_path):
    """Old keys go, and what is kept of an order tells nobody whom it was about."""
    database = Database(address_of(Secret("sqlite:///records.db"), tmp_path))
    one = orders.Ordered("k1", "d", "call_1", "desk", 1000.0, "r", 1060.0)
    assert orders.begin(database, one) is None
    assert orders.begin(database, one) == one
    orders.renew(database, {"k1": "ringing"}, 1090.0)
    kept = orders.known(database, "k1", 1001.0)
    assert kept is not None
    assert (kept.state, kept.lease) == ("ringing", 1090.0)
    assert orders.known(database, "k1", 1001.0 + orders.DAY) is None
    later = orders.Ordered("k2", "d", "call_2", "desk", 1001.0 + orders.DAY, "r", 0.0)
    assert orders.begin(database, later) is None
    assert orders.of_call(database, "call_1") is None
    database.close()
