"""Callers who sign in at a login provider, as the main process knows them."""

from __future__ import annotations

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import jwt
import pytest
from support.fake_livekit import KEY, SECRET, FakeLiveKit
from support.id_tokens import public, token

from runner.egress.client import HttpEgress
from runner.egress.secrets import Secrets
from runner.front.login import IdTokens, Login
from runner.front.port import DialogueError
from runner.front.problems import HttpProblem
from runner.front.rooms_port import ProvenCaller, RoomVisit, RoomWish
from runner.secret import Secret
from runner.serve.credentials import LiveKit
from runner.serve.doors import FrontDoors
from runner.serve.sessions import owners as module
from runner.serve.sessions import voices as voices_module
from runner.serve.sessions.calls import Calls
from runner.serve.sessions.owners import RoomOwners
from runner.serve.startup import ServeSettings
from runner.serve.workers.rooms import Rooms

WRITTEN = """runner:
  http:
    listen: 0.0.0.0:9000
    jwt:
      issuer: https://login.clinic.example/
      audience: clinic-app
      keys_url: KEYS
"""


class _Keys(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.raw)

    def log_message(self, *_):
        pass


@pytest.fixture
def keys():
    """A key server; `raw` is what it answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Keys) as server:
        server.raw = json.dumps({"keys": [public("ES256")]}).encode()
        server.url = f"http://127.0.0.1:{server.server_port}/keys"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
async def egress():
    made = HttpEgress(Secrets({}))
    yield made
    await made.aclose()


async def test_a_saved_login_counts_at_once(releases, changed, log, keys, egress):
    """From the file to the caller, by keys that the egress reads from a real server."""
    settings = ServeSettings(None, None, drain=1.0, follow=True, level="info", form="json")
    doors = FrontDoors(releases, Secrets({}), log, env={}, settings=settings)
    assert doors.now().login is None
    releases.swap(changed("runner:\n", WRITTEN.replace("KEYS", keys.url)))
    login = doors.now().login
    assert login == Login("https://login.clinic.example/", ("clinic-app",), keys.url)
    assert doors.now().wanted == ()
    doors.follow()
    assert log.named("no_tokens") == []
    logins = IdTokens(egress.read)
    caller = await logins.caller(login, Secret(token("ES256", plan="gold")))
    assert caller == ProvenCaller("mary", {"plan": "gold"})


async def test_a_key_server_gives_64_kb_at_most(keys, egress, caplog):
    """More is not read, and the log says why."""
    keys.raw = b" " * 300_000
    login = Login("https://login.clinic.example/", ("clinic-app",), keys.url)
    with pytest.raises(HttpProblem) as caught:
        await IdTokens(egress.read).caller(login, Secret(token("ES256")))
    assert caught.value.status == 503
    assert "could not be fetched" in caplog.text


@pytest.fixture
async def server():
    """A stand-in of LiveKit."""
    livekit = FakeLiveKit()
    await livekit.start()
    yield livekit
    await livekit.stop()


@pytest.fixture
def rooms(server, releases, admission, calls):
    """Lets callers in; all agents are registered."""
    livekit = LiveKit(server.url, KEY, Secret(SECRET))
    registered = SimpleNamespace(refusal=lambda _: None)
    return Rooms(livekit, releases, admission, registered, calls.owners)


def visit(who="mary", room=None, *, proven=True):
    return RoomVisit(
        "desk", room, who, attributes={"plan": "gold"}, job_metadata="m", proven=proven
    )


async def refused(waiting):
    """That somebody else's room is refused."""
    with pytest.raises(DialogueError) as caught:
        await waiting
    assert (caught.value.code, caught.value.message) == ("not_yours", "this room is not yours")


async def test_the_token_is_of_who_signed_in(rooms):
    """LiveKit's participant has the identity and the attributes that are proved."""
    way = await rooms.let_in(visit())
    claims = jwt.decode(way.token, SECRET, ["HS256"], options={"verify_signature": False})
    assert (claims["sub"], claims["attributes"]) == ("mary", {"plan": "gold"})


async def test_a_call_is_of_who_asked_for_its_room(rooms, calls):
    """By a room that was made for them, or that they named; a program's is nobody's."""
    for room in (None, "mine"):
        way = await rooms.let_in(visit(room=room))
        assert calls.begin("AJ_1", "desk", "call", room=way.room).caller == "mary"
        calls.end("AJ_1", "caller_left")
    way = await rooms.let_in(visit("mary", "theirs", proven=False))
    assert calls.begin("AJ_3", "desk", "call", room=way.room).caller is None
    assert calls.begin("AJ_4", "desk", "call", room="elsewhere").caller is None


async def test_nobody_comes_into_a_room_of_another(rooms, server):
    """Another caller's, a program's, and one that is there and nobody knows whose."""
    await rooms.let_in(visit("zoe", "zoes"))
    await rooms.let_in(visit("zoe", "programs", proven=False))
    for room in ("zoes", "programs"):
        await refused(rooms.let_in(visit(room=room)))
        await refused(rooms.open_room(RoomWish("desk", room, identity="mary")))
    assert (await rooms.let_in(visit("zoe", "zoes"))).room == "zoes"
    assert (await rooms.let_in(visit("mary", "zoes", proven=False))).room == "zoes"
    server.room("standing")
    for _ in range(2):
        await refused(rooms.let_in(visit(room="standing")))


async def test_of_two_who_ask_at_once_one_has_the_room(rooms):
    """Whoever was first, whatever LiveKit is asked meanwhile."""
    asked = [rooms.let_in(visit(who, "new")) for who in ("mary", "zoe")]
    ways = await asyncio.gather(*asked, return_exceptions=True)
    assert sorted(type(each).__name__ for each in ways) == ["DialogueError", "RoomPass"]


async def test_who_asks_twice_at_once_gets_no_room_of_another(rooms, server):
    """The first question is no answer to the second."""
    server.room("standing")
    asked = [rooms.let_in(visit(room="standing")) for _ in range(3)]
    ways = await asyncio.gather(*asked, return_exceptions=True)
    assert [each.code for each in ways] == ["not_yours"] * 3


@pytest.fixture
def elsewhere(server, releases, admission, log):
    """The same of another runner, or of this one after a restart."""
    livekit = LiveKit(server.url, KEY, Secret(SECRET))
    theirs = Calls(releases, log)
    return Rooms(
        livekit, releases, admission, SimpleNamespace(refusal=lambda _: None), theirs.owners
    ), theirs


async def test_another_runner_knows_whose_a_room_is(rooms, elsewhere, server, releases, log):
    """The name says it: its caller comes back, nobody else does, and the call there is theirs."""
    other, calls = elsewhere
    room = (await rooms.let_in(visit())).room
    server.room(room, dispatches={"AD_1": "desk"})
    await refused(other.let_in(visit("zoe", room)))
    call = calls.begin("AJ_1", "desk", "call", room=room)
    assert call.caller is None
    assert (await other.let_in(visit("mary", room))).room == room
    third = Calls(releases, log)
    third.owners.prove_by(SECRET)
    call = third.begin("AJ_1", "desk", "call", room=room)
    third.identify(call, "zoe")
    assert call.caller is None
    third.identify(call, "mary")
    assert call.caller == "mary"


@pytest.mark.parametrize("name", ["", "-", "desk-1234", "desk-1234-", "desk-é-ü", "a" * 300])
def test_other_names_prove_nothing(name):
    """Whatever a caller writes; and without a key of LiveKit nothing does."""
    owners = RoomOwners()
    assert not owners.proves(owners.new_room("desk", "mary"), "mary")
    owners.prove_by(SECRET)
    mine = owners.new_room("desk", "mary")
    assert owners.proves(mine, "mary")
    assert not owners.proves(name, "mary")
    assert not owners.proves(mine, "marý")
    assert not owners.proves(f"x{mine}", "mary")


def test_owners_are_bounded(monkeypatch):
    """Rooms that nobody asked for in a long time are forgotten first."""
    monkeypatch.setattr(module, "MOST", 2)
    owners = RoomOwners()
    for room in ("a", "b", "a", "c"):
        owners.claim(room, "mary")
    assert [owners.of(room) for room in "abc"] == ["mary", None, "mary"]


async def test_a_call_by_voice_is_of_who_signed_in(calls, admission, store, monkeypatch):
    """Main knows whose it is, and its process what is proved of them."""
    begun = []

    class Context:
        def Process(self, **about):  # noqa: N802 - the name of multiprocessing
            begun.append(about["args"])
            raise OSError(11, "Resource temporarily unavailable")

    async def warm():
        pass

    monkeypatch.setattr(voices_module.multiprocessing, "get_context", lambda _: Context())
    made = voices_module.Voices(calls, admission, store.root, mode=lambda *_: "voice", warm=warm)
    with pytest.raises(DialogueError):
        await made.begin("desk", 24_000, ProvenCaller("mary", {"plan": "gold"}))
    (call,) = calls.all()
    assert call.caller == "mary"
    assert begun == [(str(store.root), call.id, 24_000, "mary", {"plan": "gold"})]
