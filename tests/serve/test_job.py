"""A call in its process, with a room that is none."""

import asyncio
from types import SimpleNamespace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from livekit import api
from livekit.protocol import agent as wire
from support.waiting import until

from runner.serve.child import job
from runner.serve.socket.messages import CallRenewed, End, NotRenewed, Renew
from runner.session import conversation

pytestmark = pytest.mark.usefixtures("socket")


class Context:
    """LiveKit's job context, as far as a call uses it."""

    def __init__(self, home, caller, name="desk"):
        self.job = wire.Job(id="AJ_1", metadata='{"vip": true}')
        self.job.attributes.update({job.AGENT: name, job.HOME: str(home), "theirs": "1"})
        self.proc = SimpleNamespace(userdata={})
        us = SimpleNamespace(identity="agent-1")
        self.room = SimpleNamespace(
            name="r", metadata="m", remote_participants={}, local_participant=us
        )
        self.ended = asyncio.get_running_loop().create_future()
        self.deleted = []
        self._caller = caller
        self.fails = None

    async def connect(self):
        if self.fails:
            raise self.fails

    async def wait_for_participant(self, **_):
        return await self._caller

    def delete_room(self):
        self.deleted.append(True)
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def shutdown(self, reason):
        if not self.ended.done():
            self.ended.set_result(reason)


class Roomless(conversation.Conversation):
    """A conversation by text that takes its room for none."""

    async def start(self, room, *, facts=None, telephone=None):
        """Begin as in a terminal."""
        assert room.name == "r"
        return await super().start(facts=facts, telephone=telephone)


@pytest.fixture(autouse=True)
def roomless(monkeypatch):
    """Real rooms are met in tests/live."""
    monkeypatch.setattr(conversation, "Conversation", Roomless)


@pytest.fixture
async def caller():
    """Comes when its result is set."""
    return asyncio.get_running_loop().create_future()


def person():
    """A caller by telephone."""
    attributes = {"sip.phoneNumber": "+4912345", "sip.trunkPhoneNumber": "+49999"}
    return SimpleNamespace(identity="c", name="Mary", kind=3, attributes=attributes, joined_at=None)


@pytest.fixture
async def context(calls, store, caller):
    """A call that main has accepted."""
    calls.begin("AJ_1", "desk", "call", room="r")
    made = Context(store.root, caller)
    yield made
    await job.session_end(made)


async def ended(context):
    """Wait for the end as LiveKit does, and run what it runs then."""
    reason = await asyncio.wait_for(context.ended, 20)
    await job.session_end(context)
    return reason


async def gone(calls):
    """Wait until main has noticed the end."""
    await asyncio.wait_for(calls.none(), 20)


async def test_a_call_begins_with_its_caller_and_ends_from_outside(context, caller, calls, log):
    """It waits for the caller, tells main, and closes the room when it is ended."""
    caller.set_result(person())
    await job.entrypoint(context)
    await until(lambda: log.named("session_started"))
    call = calls.get("AJ_1")
    call.peer._writer.write(b'{"type": "nonsense"}\n')
    call.peer.send(End("AJ_1", "shutdown"))
    assert await ended(context) == "shutdown"
    await gone(calls)
    assert context.deleted
    assert log.named("session_ended")[0]["reason"] == "shutdown"
    assert call.events.last["type"] == "end"


async def test_a_call_knows_who_calls(context):
    """Telephone numbers, metadata and attributes are there for templates; our own are not."""
    facts = job._facts(context, person())
    assert (facts.caller.phone, facts.caller.dialled, facts.caller.kind) == (
        "+4912345",
        "+49999",
        "sip",
    )
    assert facts.job.metadata == {"vip": True}
    assert dict(facts.job.attributes) == {"theirs": "1"}
    assert (facts.room.name, facts.id) == ("r", "AJ_1")


async def test_a_caller_who_never_comes_is_not_waited_for_forever(context, calls, monkeypatch):
    """After a minute the call ends, and so does its room."""
    monkeypatch.setattr(job, "_NOBODY", 0.01)
    await job.entrypoint(context)
    assert await ended(context) == "no_caller"
    await gone(calls)
    assert context.deleted


async def test_a_call_can_be_ended_before_its_caller_comes(context, caller, calls):
    """Who ends the runner does not wait for callers."""
    begun = asyncio.ensure_future(job.entrypoint(context))
    await until(lambda: calls.get("AJ_1").peer is not None)
    calls.get("AJ_1").peer.send(End("AJ_1", "shutdown"))
    assert await asyncio.wait_for(context.ended, 20) == "shutdown"
    caller.set_result(person())
    await begun
    await job.session_end(context)
    await gone(calls)


async def test_an_agent_alone_leaves(context, caller, monkeypatch):
    """When nobody has been there for a minute, as after a restart of LiveKit, the call ends."""
    monkeypatch.setattr(job, "_NOBODY", 0.02)
    monkeypatch.setattr(job, "_LOOK", 0.01)
    caller.set_result(person())
    await job.entrypoint(context)
    assert await ended(context) == "caller_left"
    assert not context.deleted


async def test_a_room_that_cannot_be_joined_ends_the_call_in_one_line(context, calls, log, caplog):
    """Whatever LiveKit's client raises, the call ends with `error`."""
    context.fails = RuntimeError("the room is gone")
    await job.entrypoint(context)
    assert await ended(context) == "error"
    await gone(calls)
    assert log.named("session_ended")[0]["reason"] == "error"
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == [
        "a call ended: the room is gone"
    ]


async def died(order):
    """The end of the main process, for a call in the room `r`; what the call does with its room."""
    done = []

    async def do(what=None):
        done.extend([what] if what else [])

    held = SimpleNamespace(line=SimpleNamespace(listen=do), welcome=SimpleNamespace(order=order))
    room = SimpleNamespace(name="r", disconnect=lambda: do("leaves it"))
    await job._listen(SimpleNamespace(held=held, ctx=SimpleNamespace(room=room), over=False))
    return done


async def test_a_call_whose_runner_died_leaves_its_room():
    """Another runner takes it then."""
    assert await died(order=None) == ["leaves it"]


async def test_a_call_whose_runner_died_that_was_ordered_is_over(monkeypatch):
    """Whoever is rung or spoken with is hung up, also when LiveKit stops the loop of the job."""
    closed = asyncio.get_running_loop().create_future()

    async def delete(request):
        closed.set_result(api.DeleteRoomRequest.FromString(await request.read()).room)
        return web.Response(body=b"", content_type="application/protobuf")

    app = web.Application()
    app.router.add_post("/twirp/livekit.RoomService/DeleteRoom", delete)
    async with TestServer(app) as livekit:
        monkeypatch.setenv("LIVEKIT_URL", str(livekit.make_url("")))
        monkeypatch.setenv("LIVEKIT_API_KEY", "devkey")
        monkeypatch.setenv("LIVEKIT_API_SECRET", "secret" * 6)
        assert await died(order=object()) == []
        assert await asyncio.wait_for(closed, 20) == "r"


@pytest.mark.parametrize("known", [True, False])
async def test_without_the_main_process_there_is_no_call(store, tmp_path, caller, known):
    """A job that main does not know, or whose main is gone, ends at once."""
    context = Context(store.root if known else tmp_path, caller)
    await job.entrypoint(context)
    assert await context.ended == "the runner is gone"
    await job.session_end(context)


async def test_only_some_kinds_of_caller_are_waited_for(context, changed, releases, calls):
    """`participants` of the agent's room is what LiveKit is asked for."""
    releases.swap(changed("limits:", "room:\n      participants: sip\n    limits:"))
    calls.begin("AJ_2", "desk", "call")
    context.job.id = "AJ_2"
    wanted = {}

    async def wait(**filters):
        wanted.update(filters)
        return person()

    context.wait_for_participant = wait
    await job.entrypoint(context)
    assert wanted == {"kind": [3]}


@pytest.mark.parametrize(
    "identity",
    ["guest", "'{{ job.metadata.guest }}'", "'{{ caller.attributes.host_of }}'"],
)
async def test_the_facts_are_those_of_whom_the_agent_talks_with(
    context, changed, releases, calls, identity
):
    """Whoever came first: `room.identity` names the participant whose facts the call has."""
    releases.swap(changed("limits:", f"room:\n      identity: {identity}\n    limits:"))
    calls.begin("AJ_2", "desk", "call")
    context.job.id, context.job.metadata = "AJ_2", '{"guest": "guest"}'
    first, guest = person(), person()
    first.attributes["host_of"] = "guest"
    guest.identity, guest.name = "guest", "Ann"

    async def wait(*, identity=None, **_):
        return guest if identity == "guest" else first

    context.wait_for_participant = wait
    await job.entrypoint(context)
    caller = context.proc.userdata[job._STATE].held.talk._call.bound.context.facts.caller
    assert (caller.identity, caller.name) == ("guest", "Ann")


async def test_whom_nobody_can_name_is_not_waited_for(context, changed, releases, calls):
    """An identity without a value names nobody: the call has the facts of whoever came first."""
    unnamed = "room:\n      identity: '{{ job.metadata.guest }}'\n    limits:"
    releases.swap(changed("limits:", unnamed))
    calls.begin("AJ_2", "desk", "call")
    context.job.id = "AJ_2"

    async def wait(*, identity=None, **_):
        assert identity is None
        return person()

    context.wait_for_participant = wait
    await job.entrypoint(context)
    caller = context.proc.userdata[job._STATE].held.talk._call.bound.context.facts.caller
    assert caller.identity == "c"


@pytest.fixture
def heard(renewals, monkeypatch):
    """What calls answer when another release is offered to them."""
    answers = []
    for name in ("renewed", "not_renewed"):
        monkeypatch.setattr(renewals, name, lambda _, message: answers.append(message))
    return answers


@pytest.fixture
async def call(context, caller, calls):
    """A call whose conversation has begun."""
    caller.set_result(person())
    await job.entrypoint(context)
    return calls.get("AJ_1")


async def test_a_running_call_takes_another_release(context, call, changed, releases, heard):
    """Main is told what counts, or why the call goes on as it was."""
    release = changed("You greet.", "You greet warmly.")
    releases.swap(release)
    file = releases.file(release.id, "desk")
    call.peer.send(Renew("AJ_1", release.id, file, {}))
    await until(lambda: heard)
    assert heard.pop() == CallRenewed("AJ_1", release.id, ("personas.greeter.instructions",), ())
    mine = context.proc.userdata["lkrun"]
    assert mine.held.release.personas["greeter"].instructions == "You greet warmly."
    assert mine.held.talk.session.current_agent.instructions == "You greet warmly."
    call.peer.send(Renew("AJ_1", release.id, f"{file}.gone", {}))
    await until(lambda: heard)
    assert heard.pop() == NotRenewed("AJ_1", release.id, "the release cannot be read")


async def test_of_two_releases_at_once_a_call_takes_the_newer(call, releases, heard):
    """The older one is refused, whichever file was read first."""
    file = releases.file(releases.current.id, "desk")
    for name in ("older", "newer"):
        call.peer.send(Renew("AJ_1", name, file, {}))
    await until(lambda: len(heard) == 2)
    assert {answer.release: answer for answer in heard} == {
        "older": NotRenewed("AJ_1", "older", "a newer release has come"),
        "newer": CallRenewed("AJ_1", "newer", (), ()),
    }


async def test_a_call_that_has_not_begun_takes_no_release(context, caller, releases, calls, heard):
    """It begins with the release that it was accepted with."""
    entered = asyncio.ensure_future(job.entrypoint(context))
    await until(lambda: calls.get("AJ_1").peer is not None)
    file = releases.file(releases.current.id, "desk")
    message = Renew("AJ_1", "r2", file, {})
    calls.get("AJ_1").peer.send(message)
    await until(lambda: heard)
    assert heard.pop().why == "the call has not begun"
    calls.get("AJ_1").peer.send(End("AJ_1", "shutdown"))
    await asyncio.wait_for(context.ended, 20)
    calls.get("AJ_1").peer.send(message)
    await until(lambda: heard)
    assert heard.pop().why == "the call has ended"
    caller.set_result(person())
    await entered
