"""Registrations with a stand-in of LiveKit's server."""

import asyncio
import logging
from types import SimpleNamespace

import aiohttp
import psutil
import pytest
from livekit.agents.utils.aio import ChanClosed
from livekit.protocol import agent as wire
from support.fake_livekit import KEY, SECRET, FakeLiveKit
from support.waiting import until

from runner.schema.dispatch import Dispatch
from runner.secret import Secret
from runner.serve.child import job
from runner.serve.credentials import LiveKit
from runner.serve.log import Handler
from runner.serve.workers import registrations
from runner.serve.workers.neighbours import RUNNER, Neighbours
from runner.serve.workers.registrations import Workers


@pytest.fixture
async def server():
    """A stand-in of LiveKit."""
    livekit = FakeLiveKit()
    await livekit.start()
    yield livekit
    await livekit.stop()


@pytest.fixture
def told():
    """Told of each registration."""
    return []


@pytest.fixture
async def registry(server, store, admission, calls, told):
    """Registrations; ended with the test."""
    log = calls._log
    workers = Workers(
        LiveKit(server.url, KEY, Secret(SECRET)),
        store.root,
        admission,
        calls,
        log,
        neighbours=Neighbours(None),
        on_registered=lambda: told.append(1),
    )
    handler = Handler(log)
    handler.listeners.append(workers.listen)
    logging.getLogger("livekit.agents").addHandler(handler)
    yield workers
    await workers.stop()
    logging.getLogger("livekit.agents").removeHandler(handler)


class Request:
    """A job request, as LiveKit hands it to a worker."""

    def __init__(self, job_id="AJ_1", fails=None):
        self.id = job_id
        self.job = wire.Job(id=job_id, dispatch_id="AD_1", attributes={"lkrun.agent": "forged"})
        self.job.room.name = "r"
        self.room = self.job.room
        self.said = []
        self._fails = fails

    async def accept(self, **said):
        self.said.append(said)
        if self._fails:
            raise self._fails

    async def reject(self, *, terminate):
        self.said.append({"terminate": terminate})


async def test_every_agent_is_registered(registry, server, told):
    """`ready` returns when LiveKit knows all, and each registration is told."""
    registry.follow(["desk", "shop"])
    assert registry.missing() == ["desk", "shop"]
    await asyncio.wait_for(registry.ready(), 20)
    assert set(server.workers) == {"desk", "shop"}
    assert registry.registered("desk")
    assert not registry.registered("nobody")
    assert len(told) == 2


async def test_agents_come_and_go(registry, server):
    """A new agent is registered, one that is gone takes no more calls and leaves."""
    registry.follow(["desk"])
    await asyncio.wait_for(registry.ready(), 20)
    registry.follow(["shop"])
    await asyncio.wait_for(registry.ready(), 20)
    await server.until(lambda: set(server.workers) == {"shop"})


async def test_a_lost_server_is_told_once_and_so_is_its_return(registry, server, log):
    """However often a connection is tried, there is one line each way."""
    registry.follow(["desk", "shop"])
    await asyncio.wait_for(registry.ready(), 20)
    await server.stop()
    await until(lambda: len(registry.missing()) == 2 and log.named("livekit_lost"))
    registry.look()
    assert log.named("livekit_back") == []
    await server.start()
    await asyncio.wait_for(registry.ready(), 20)
    registry.look()
    assert len(log.named("livekit_lost")) == len(log.named("livekit_back")) == 1


async def test_a_server_that_is_away_at_the_start_is_waited_for(registry, server, log):
    """Registrations are tried until they succeed."""
    await server.stop()
    registry.follow(["desk"])
    await until(lambda: log.named("livekit_lost"))
    await server.start()
    await asyncio.wait_for(registry.ready(), 20)
    assert log.named("livekit_back")


async def test_a_call_is_accepted_with_its_release(registry, calls, release, store):
    """The job carries agent, release and runtime directory, whatever its caller wrote there."""
    request = Request()
    await registry._request("desk", request)
    assert request.said == [{"name": "desk"}]
    written = request.job.attributes
    assert (written[job.AGENT], written[job.RELEASE]) == ("desk", release.id)
    assert written[job.HOME] == str(store.root)
    assert (calls.get("AJ_1").room, calls.get("AJ_1").dispatch) == ("r", "AD_1")


async def test_no_agent_opens_a_port(registry, server):
    """LiveKit's health port of a worker would answer whoever asks."""
    before = {c.laddr for c in psutil.Process().net_connections() if c.status == "LISTEN"}
    registry.follow(["desk", "shop"])
    await asyncio.wait_for(registry.ready(), 20)
    assert server.workers
    now = {c.laddr for c in psutil.Process().net_connections() if c.status == "LISTEN"}
    assert now == before


async def test_an_accepted_call_says_whose_it_is(registry):
    """So that other runners of the machine know what this one leaves when it dies."""
    registry._neighbours.own = "place-name"
    request = Request()
    await registry._request("desk", request)
    assert request.said == [{"name": "desk", "attributes": {RUNNER: "place-name"}}]


async def test_a_full_agent_refuses_and_leaves_the_call_to_others(registry, admission, log):
    """`terminate=False`: LiveKit asks the next runner."""
    admission.draining = True
    request = Request()
    await registry._request("desk", request)
    assert request.said == [{"terminate": False}]
    assert log.named("session_refused")[0]["reason"] == "draining"


async def test_a_call_that_somebody_else_got_gives_its_release_back(registry, calls, releases):
    """An accepted job that is not assigned leaves no pin."""
    await registry._request("desk", Request(fails=TimeoutError()))
    assert calls.all() == []
    assert not releases._kept[releases.current.id].pins


async def test_an_accepted_call_that_never_appears_is_given_up(registry, calls, log):
    """After ten seconds without a process the call counts as dead."""
    await registry._request("desk", Request())
    registry.look()
    assert calls.get("AJ_1") is not None
    registry._accepted["AJ_1"] -= registrations._APPEAR + 1
    registry.look()
    assert calls.all() == []
    assert log.named("session_ended")[0]["reason"] == "crashed"


async def test_livekit_asks_and_is_answered(registry, server, calls):
    """An offered job is accepted over the wire, and refused while draining."""
    registry.follow(["desk"])
    await asyncio.wait_for(registry.ready(), 20)
    answer = await server.offer("desk", "AJ_1")
    assert answer.available
    assert answer.participant_attributes["lk.agent.name"] == "desk"
    registry._admission.draining = True
    answer = await server.offer("desk", "AJ_2")
    assert (answer.available, answer.terminate) == (False, False)
    assert [c.id for c in calls.all()] == ["AJ_1"]


async def test_draining_ends_when_no_call_is_on(registry, server):
    """Without calls it returns at once, and LiveKit sends nobody any more."""
    registry.follow(["desk"])
    await asyncio.wait_for(registry.ready(), 20)
    await asyncio.wait_for(registry.drain(), 5)
    await server.until(lambda: server.workers["desk"].status == wire.WorkerStatus.WS_FULL)


async def test_a_worker_that_cannot_run_is_told(registry, log):
    """Whatever LiveKit raises at the start is one line in the log."""
    worker = SimpleNamespace(name="desk", server=SimpleNamespace(run=_fails))
    await registry._run(worker)
    assert log.named("worker_failed")[0]["agent"] == "desk"


async def _fails():
    raise RuntimeError("no")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (aiohttp.WSServerHandshakeError(None, (), status=401), "it refuses the API key and secret"),
        (aiohttp.WSServerHandshakeError(None, (), status=404), "it is no LiveKit server"),
        (aiohttp.WSServerHandshakeError(None, (), status=502), "it answers with status 502"),
        (ValueError("x"), "the connection was lost"),
        (None, "the connection was lost"),
    ],
)
def test_reasons_are_plain_words(error, words):
    """What went wrong with a connection is said without an exception's name."""
    assert registrations._reason(error) == words


def test_who_does_not_answer_is_told_in_the_systems_words():
    """`Connection refused`, `Name or service not known`."""
    key = SimpleNamespace(host="h", port=1, ssl=None, is_ssl=False)
    error = aiohttp.ClientConnectorError(key, OSError(111, "Connection refused"))
    assert registrations._reason(error) == "Connection refused"


@pytest.mark.usefixtures("registry")
async def test_what_livekit_does_too_late_is_passed_over(caplog):
    """It tells a closed connection of a call, and waits for ended processes no more."""
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": "never retrieved", "exception": ChanClosed()})
    late = loop.create_future()
    late.cancel()
    loop.call_soon(late.set_result, None)
    await asyncio.sleep(0)
    assert caplog.text == ""
    loop.call_exception_handler({"message": "never retrieved", "exception": ValueError("oh")})
    assert "never retrieved" in caplog.text


@pytest.fixture
def joins(admission, monkeypatch):
    """Have agents join rooms in some way."""
    ways = {}
    monkeypatch.setattr(admission, "dispatch", lambda name: ways.get(name, Dispatch()))
    return ways


async def test_agents_are_registered_for_the_rooms_that_they_join(registry, server, joins):
    """One that joins every new room has no name for LiveKit; one for publishers is of that kind."""
    joins["desk"] = Dispatch(mode="automatic")
    joins["shop"] = Dispatch(per="publisher")
    registry.follow(["desk", "shop"])
    await asyncio.wait_for(registry.ready(), 20)
    kinds = {name: worker.kind for name, worker in server.workers.items()}
    assert kinds == {"": wire.JT_ROOM, "shop": wire.JT_PUBLISHER}
    request = Request()
    await registry._request("desk", request)
    assert request.job.attributes[job.AGENT] == "desk"


async def test_an_agent_that_joins_other_rooms_is_registered_anew(registry, server, joins):
    """After a reload with another `dispatch` LiveKit knows the agent as it is now, and once."""
    registry.follow(["desk", "shop"])
    await asyncio.wait_for(registry.ready(), 20)
    kept = server.workers["shop"]
    joins["desk"] = Dispatch(mode="automatic")
    registry.follow(["desk", "shop"])
    await asyncio.wait_for(registry.ready(), 20)
    await server.until(lambda: set(server.workers) == {"", "shop"})
    assert server.workers["shop"] is kept
