"""Callers whose dispatch was lost."""

import asyncio
import math

import pytest
from support.fake_livekit import KEY, SECRET, FakeLiveKit
from support.waiting import until

from runner.secret import Secret
from runner.serve.credentials import LiveKit
from runner.serve.workers import lost_dispatches
from runner.serve.workers.lost_dispatches import Sweeper


@pytest.fixture
async def server():
    """A stand-in of LiveKit."""
    made = FakeLiveKit()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Rounds and patience are short."""
    monkeypatch.setattr(lost_dispatches, "_EVERY", 0.02)
    monkeypatch.setattr(lost_dispatches, "_PATIENCE", 0.05)
    monkeypatch.setattr(lost_dispatches, "_LEFT", 0.03)


@pytest.fixture
async def sweeping(server, admission, calls, log):
    """A sweeper at work for `desk`."""
    livekit = LiveKit(server.url, KEY, Secret(SECRET))
    made = Sweeper(
        livekit,
        admission,
        calls,
        log,
        registered=lambda name: name == "desk",
        is_dead=lambda runner: runner == "dead",
    )
    task = asyncio.ensure_future(made.run())
    yield made
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def rounds(server, more=3):
    """A condition: so many rounds have begun from now."""
    wanted = server.asked.count("ListRooms") + more
    return lambda: server.asked.count("ListRooms") >= wanted


@pytest.mark.usefixtures("sweeping")
async def test_a_caller_who_waits_gets_the_agent(server, log):
    """A dispatch to which no agent came is made again, with its metadata."""
    server.room("r", dispatches={"AD_1": "desk"})
    await server.until(lambda: "CreateDispatch" in server.asked)
    assert list(server.rooms["r"].dispatches.values()) == ["desk"]
    assert "AD_1" not in server.rooms["r"].dispatches
    await server.until(rounds(server))
    assert log.named("dispatch_repeated")[0]["room"] == "r"


@pytest.mark.parametrize(
    "room",
    [
        {"dispatches": {"AD_1": "desk"}, "agents": ["desk"]},
        {"dispatches": {"AD_1": "another"}},
        {},
    ],
)
@pytest.mark.usefixtures("sweeping")
async def test_who_is_served_is_left_alone(server, room):
    """The agent is there, it is somebody else's, or nobody was called."""
    server.room("r", **room)
    await server.until(rounds(server))
    assert "CreateDispatch" not in server.asked


@pytest.mark.usefixtures("sweeping")
async def test_nothing_is_done_while_nobody_may_come_in(server, admission):
    """A full or draining runner does not call itself."""
    admission.draining = True
    server.room("r", dispatches={"AD_1": "desk"})
    await server.until(rounds(server, 8))
    assert "CreateDispatch" not in server.asked


@pytest.mark.usefixtures("sweeping")
async def test_a_call_that_is_on_is_not_called_again(server, calls):
    """A call that was accepted has its time to join."""
    calls.begin("AJ_1", "desk", "call", room="r", dispatch="AD_1")
    server.room("r", dispatches={"AD_1": "desk"})
    await server.until(rounds(server, 8))
    assert "CreateDispatch" not in server.asked


@pytest.mark.usefixtures("sweeping")
async def test_a_call_that_ended_in_order_stays_ended(server, calls):
    """Its dispatch is deleted, so that who is still in the room is not served again."""
    calls.begin("AJ_1", "desk", "call", room="r", dispatch="AD_1")
    server.room("r", dispatches={"AD_1": "desk"})
    calls.end("AJ_1", "caller_left")
    await server.until(lambda: "DeleteDispatch" in server.asked)
    await server.until(rounds(server, 8))
    assert "CreateDispatch" not in server.asked
    calls.begin("AJ_2", "desk", "call", room="gone", dispatch="AD_2")
    calls.end("AJ_2", "end_call")
    await server.until(rounds(server))


@pytest.mark.usefixtures("sweeping")
async def test_a_call_whose_process_died_begins_again(server, calls):
    """What is left of it is taken out of the room, and the agent is called at once."""
    calls.begin("desk", "desk", "call", room="r", dispatch="AD_1")
    server.room("r", dispatches={"AD_1": "desk"}, agents=["desk"])
    calls.end("desk", "crashed")
    await server.until(lambda: "CreateDispatch" in server.asked)
    assert [p.identity for p in server.rooms["r"].people] == ["c0"]


@pytest.mark.usefixtures("sweeping")
async def test_a_call_that_dies_again_and_again_is_given_up(server, calls, log):
    """After three attempts the room is closed, so that nobody sits in silence."""
    server.room("r", dispatches={"AD_1": "desk"})
    for attempt in range(4):
        calls.begin(f"AJ_{attempt}", "desk", "call", room="r")
        calls.end(f"AJ_{attempt}", "crashed")
        await server.until(rounds(server, 2))
    await server.until(lambda: "r" not in server.rooms)
    assert log.named("session_given_up")[0]["agent"] == "desk"


@pytest.mark.usefixtures("sweeping")
async def test_dialogues_and_lost_assignments_are_no_matter(server, calls):
    """Only calls of our own that ended are looked after."""
    calls.begin("t", "desk", "text")
    calls.end("t", "end_call")
    calls.begin("AJ_1", "desk", "call", room="r", dispatch="AD_1")
    calls.end("AJ_1", "not_assigned")
    await server.until(rounds(server))
    assert "DeleteDispatch" not in server.asked


async def test_a_server_that_is_away_is_asked_again(server, sweeping, log):
    """Sweeping goes on when LiveKit comes back."""
    port = server.port
    await server.stop()
    await until(lambda: log.named("sweep_failed"))
    server.port = port
    await server.start()
    sweeping.wake()
    server.room("r", dispatches={"AD_1": "desk"})
    await server.until(lambda: "CreateDispatch" in server.asked)


@pytest.mark.usefixtures("sweeping")
async def test_callers_who_wait_for_a_new_agent_are_looked_for_at_once(server, sweeping):
    """A room in which nobody waited for an agent of ours is looked at again for a new one."""
    server.room("r", dispatches={"AD_1": "shop"})
    await server.until(rounds(server))
    assert "r" in sweeping._fine
    sweeping._fine["r"] = math.inf
    sweeping._registered = lambda _: True
    sweeping.look_again()
    await server.until(lambda: "CreateDispatch" in server.asked)


async def test_an_agent_that_left_without_a_word_is_replaced(server, sweeping):
    """Another runner's call: it was there, and is gone, which is seen in the next rounds."""
    server.room("r", dispatches={"AD_1": "desk"}, agents=["desk"])
    await server.until(rounds(server))
    assert "CreateDispatch" not in server.asked
    lost_dispatches._PATIENCE = lost_dispatches._UNDERWAY = math.inf
    server.rooms["r"].people.pop(0)
    await server.until(lambda: "CreateDispatch" in server.asked)
    assert sweeping._served == {"r": {"AD_1"}}


@pytest.mark.usefixtures("sweeping")
async def test_what_a_dead_runner_left_is_taken_out_at_once(server, monkeypatch):
    """LiveKit still has its agent in the room; the caller gets another without delay."""
    monkeypatch.setattr(lost_dispatches, "_LEFT", math.inf)
    monkeypatch.setattr(lost_dispatches, "_PATIENCE", math.inf)
    server.room("r", dispatches={"AD_1": "desk"}, agents=["desk"], runner="dead")
    server.room("s", dispatches={"AD_2": "desk"}, agents=["desk"], runner="alive")
    await server.until(lambda: "CreateDispatch" in server.asked)
    await server.until(rounds(server))
    assert [p.identity for p in server.rooms["r"].people] == ["c0"]
    assert [p.identity for p in server.rooms["s"].people] == ["agent-desk", "c0"]
    assert server.asked.count("CreateDispatch") == 1


async def test_of_two_runners_only_one_calls_again(server, admission, calls, log):
    """Both see the same lost caller at the same moment; the room gets one agent."""
    livekit = LiveKit(server.url, KEY, Secret(SECRET))
    server.room("r", dispatches={"AD_1": "desk"})
    sweepers = [
        Sweeper(livekit, admission, calls, log, registered=lambda _: True, is_dead=lambda _: False)
        for _ in range(4)
    ]
    tasks = [asyncio.ensure_future(sweeper.run()) for sweeper in sweepers]
    await server.until(lambda: "CreateDispatch" in server.asked)
    server.rooms["r"].people.insert(0, server.agent("desk"))
    await server.until(rounds(server, 12))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert server.asked.count("CreateDispatch") == 1
    assert log.named("sweep_failed") == []


@pytest.mark.usefixtures("sweeping")
async def test_rooms_are_looked_at_in_turn(server, monkeypatch):
    """Where there are more than one round looks at, none is forgotten."""
    monkeypatch.setattr(lost_dispatches, "_ROOMS", 2)
    for number in range(7):
        server.room(f"r{number}", dispatches={f"AD_{number}": "desk"}, agents=["desk"])
    await server.until(rounds(server, 8))
    server.rooms["r3"].people.pop(0)
    await server.until(lambda: "CreateDispatch" in server.asked)
