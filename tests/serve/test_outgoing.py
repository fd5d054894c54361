"""Calls that agents make: the one place through which every number is dialled."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import jwt
import pytest
import pytest_asyncio
from support.fake_telephone import FakePlaces, FakeTelephone
from support.waiting import until

from runner.front.calls_port import Order
from runner.front.port import DialogueError
from runner.records import campaigns, opt_outs
from runner.records.campaigns import Limits, NewContact
from runner.records.database import DatabaseError
from runner.secret import Secret
from runner.serve.child import job
from runner.serve.credentials import LiveKit
from runner.serve.dispatches import VISIT
from runner.serve.outgoing import dialling as dialling_room
from runner.serve.outgoing.by_command import DialCommands
from runner.serve.outgoing.calls import OutgoingCalls
from runner.serve.outgoing.figures import OutgoingFigures
from runner.serve.outgoing.keys import OrderKeys
from runner.serve.outgoing.never_called import NeverCalled
from runner.serve.outgoing.outcome import Dialled
from runner.serve.outgoing.reasons import by_sip_status, by_twirp
from runner.serve.records.recorder import Recorder
from runner.serve.sessions.calls import Calls
from runner.serve.socket.messages import ControlHello, Dial, DialEnded, PassOn, Progress
from runner.serve.workers.tokens import Visit, mint

A, B = "+842412345678", "+442079460018"


@pytest.fixture
def places():
    """Rooms."""
    return FakePlaces()


@pytest.fixture
def telephone():
    """A telephone."""
    return FakeTelephone()


@pytest_asyncio.fixture
async def recorder(changed, releases, calls, log, secrets, tmp_path):  # noqa: PLR0913, PLR0917 - fixtures
    """Keeps the list of those who are never called; the desk makes calls."""
    dials = 'dial:\n      to: "{{ job.metadata.phone }}"\n'
    changed("limits:\n", f"{dials}    limits:\n")
    changed(
        "  shop:\n",
        f"  night:\n    mode: text\n    start: greeter\n    llm: brain\n    {dials}  shop:\n",
    )
    releases.swap(changed("runner:\n", f"runner:\n  data_dir: {tmp_path / 'data'}\n"))
    made = Recorder(releases, calls, log, secrets, {})
    yield made
    await made.stop()


@pytest.fixture
def away():
    """Agents that LiveKit can send no call, and why."""
    return {}


@pytest_asyncio.fixture
async def outgoing(  # noqa: PLR0913, PLR0917 - fixtures
    recorder, releases, calls, admission, log, places, telephone, away
):
    """The calls."""
    made = OutgoingCalls(
        releases, calls, admission, NeverCalled(recorder), OrderKeys(recorder.place), log,
        refusal=away.get, places=places, telephone=telephone, trunk="ST_1",
    )  # fmt: skip
    yield made
    await made.stop()


@pytest.fixture
def take(outgoing, calls):
    """Have a process take an order."""

    def taken(call, session="AJ_1"):
        assert outgoing.ordered(f"own {call.id}") is call
        begun = calls.begin(session, "desk", "call", room=f"room-{session}")
        outgoing.taken(call, begun)
        return begun

    return taken


def ask(to=A, session="AJ_1", **more):
    """What the process of a call asks."""
    return Dial(session, 1, to, f"phone-{session}", **more)


def refused(error):
    """Code and message."""
    return error.value.code, error.value.message


async def test_a_call_goes_through_its_states(outgoing, take, calls, places, telephone):
    """Queued, dialing, ringing, answered, ended; and what came of it."""
    call = await outgoing.place(Order("desk", A, {"name": "Ann"}, {"name": "Ann"}))
    assert (call.state, places.called) == ("queued", [call])
    session = take(call)
    assert session.order.variables == {"name": "Ann"}
    telephone.picks_up.clear()
    dialling = asyncio.ensure_future(outgoing.dial(session, ask()))
    await until(lambda: telephone.rung)
    assert call.state == "dialing"
    outgoing.progress(session, Progress("AJ_1", state="ringing"))
    assert call.state == "ringing"
    telephone.picks_up.set()
    assert (await dialling).answered
    assert call.state == "answered"
    outgoing.progress(session, Progress("AJ_1", answered_by="person"))
    session.reason = "end_call"
    calls.end("AJ_1", "end_call")
    outcome = await call.over()
    assert (outcome.answered_by, outcome.reason, outcome.session) == ("person", "end_call", "AJ_1")
    assert outgoing.get(call.id) is call
    assert call.to_data()["state"] == "ended"


async def test_an_order_is_taken_once_and_by_this_runner(outgoing, take):
    """Of another runner, of none, or taken already: it is nobody's here."""
    call = await outgoing.place(Order("desk", A))
    assert outgoing.ordered(f"other {call.id}") is None
    assert outgoing.ordered("own call_unknown") is None
    take(call)
    assert outgoing.ordered(f"own {call.id}") is None


async def test_a_key_is_one_call(outgoing):
    """The same order again is the same call, also at the same time; another one is refused."""
    order = Order("desk", A, key="k1")
    first, second = await asyncio.gather(outgoing.place(order), outgoing.place(order))
    assert first is second
    with pytest.raises(DialogueError) as error:
        await outgoing.place(Order("desk", B, key="k1"))
    assert refused(error)[0] == "key_reused"


async def test_livekit_that_is_away_is_told_with_what_to_do(outgoing, places, away):
    """As whoever asks for a token is told it."""
    away["desk"] = DialogueError("not_ready", "LiveKit cannot be reached", "start it")
    with pytest.raises(DialogueError) as error:
        await outgoing.place(Order("desk", A))
    assert refused(error)[0] == "not_ready"
    assert error.value.help == "start it"
    assert places.called == []


@pytest.mark.parametrize(
    "written", ["+84 24 1234 5678", "0084 24 1234 5678", "+84 (24) 1234-5678", "tel:+842412345678"]
)
async def test_a_number_is_read_as_people_write_it(outgoing, written):
    """As in a table of contacts."""
    assert (await outgoing.place(Order("desk", written))).number == "+842412345678"


async def test_an_order_without_a_key_is_a_call_of_its_own(outgoing, places):
    """A campaign tries again so: what came of the call before is not taken for the next one's."""
    first = await outgoing.place(Order("desk", A, {"phone": A}))
    outgoing._end(first, "not_taken")
    second = await outgoing.place(Order("desk", A, {"phone": A}))
    assert (second.id != first.id, second.state) == (True, "queued")
    assert places.called == [first, second]


async def test_a_call_that_livekit_refuses_does_not_use_its_key_up(outgoing, places):
    """Who tries again with the key is not told of the first failure for ever."""
    places.refuses = DialogueError("livekit_failed", "it does not answer")
    order = Order("desk", A, key="k1")
    with pytest.raises(DialogueError):
        await outgoing.place(order)
    places.refuses = None
    assert (await outgoing.place(order)).state == "queued"


@pytest.mark.parametrize(
    ("order", "code", "words"),
    [
        (Order("nobody", A), "unknown_agent", "there is no agent 'nobody'"),
        (Order("shop", A), "bad_request", "agent 'shop' makes no calls"),
        (Order("desk", A, variables={"nme": 1}), "bad_request", "has no variable 'nme'"),
        (Order("desk", "call me"), "bad_number", "not a phone number"),
        (Order("desk", "020 7946 0018"), "bad_number", "of which country"),
        (Order("desk", "8.42E+11"), "bad_number", "a spreadsheet has rounded"),
    ],
)
async def test_what_cannot_be_done_is_said(outgoing, places, order, code, words):
    """In words, before anything is dialled."""
    with pytest.raises(DialogueError) as error:
        await outgoing.place(order)
    assert refused(error)[0] == code
    assert words in refused(error)[1]
    assert places.called == []


async def test_calls_on_their_way_count(outgoing, take):
    """The desk may have two at a time: an order that nobody has taken is one of them."""
    take(await outgoing.place(Order("desk", A)))
    await outgoing.place(Order("desk", B))
    with pytest.raises(DialogueError) as error:
        await outgoing.place(Order("desk", A))
    assert refused(error)[0] == "full"


async def test_without_a_trunk_nobody_is_called(outgoing):
    """Neither the agent nor the environment names one."""
    outgoing._checks._trunk = None
    with pytest.raises(DialogueError) as error:
        await outgoing.place(Order("desk", A))
    assert refused(error)[0] == "no_trunk"


async def test_numbers_of_a_table_are_read(outgoing, calls, telephone):
    """Spaces and 00 are plain in what comes from elsewhere; what is no number is told."""
    session = calls.begin("AJ_1", "desk", "call", room="room")
    assert (await outgoing.dial(session, ask("00 84 24 1234 5678"))).answered
    assert telephone.rung[0].number == A
    bad = await outgoing.dial(session, ask("020 7946 0018"))
    assert (bad.reason, "of which country" in bad.words) == ("bad_number", True)
    assert (await outgoing.dial(session, ask(" "))).reason == "no_number"


async def opted_out(calls, number, session="AJ_asked"):
    """Somebody says in a call that they are never to be called."""
    call = calls.begin(session, "desk", "call", room="asked")
    calls.answer(call)
    calls.take(call, {"turn": 1, "type": "opt_out", "persona": "greeter", "number": number})
    calls.end(session, "caller_left")


@pytest_asyncio.fixture
async def elsewhere(releases, admission, log, secrets, places, telephone):  # noqa: PLR0913, PLR0917 - fixtures
    """The calls of another runner on the same database, in which nobody has said anything."""
    calls = Calls(releases, log)
    others = Recorder(releases, calls, log, secrets, {})
    made = OutgoingCalls(
        releases, calls, admission, NeverCalled(others), OrderKeys(others.place), log,
        refusal={}.get, places=places, telephone=telephone, trunk="ST_1",
    )  # fmt: skip
    yield made
    await made.stop()
    await others.stop()


async def test_who_has_asked_is_never_called_by_any_way(  # noqa: PLR0913, PLR0917 - fixtures
    outgoing, elsewhere, recorder, calls, places, telephone
):
    """By hand, by an order, a dispatch with metadata, a transfer: at once, and once it is stored.

    By any agent; and once it is stored by no campaign, and by no other runner.
    """

    async def refuses_all():
        for agent, to in (("desk", A), ("desk", "00 84 24 1234 5678"), ("night", A)):
            with pytest.raises(DialogueError) as error:
                await outgoing.place(Order(agent, to))
            assert refused(error) == ("opted_out", f"{A} is never to be called")
        hello = ControlHello("dial", order={"agent": "desk", "to": A})
        assert "never to be called" in (await DialCommands(outgoing).begin(hello)).message
        for purpose in ("call", "transfer"):
            session = calls.begin(f"AJ_{purpose}", "desk", "call", room="room")
            result = await outgoing.dial(session, ask(A, session.id, purpose=purpose))
            assert result.reason == "opted_out"
            calls.end(session.id, "opted_out")
        assert not await outgoing.may_dial(A)

    assert await outgoing.may_dial(A)
    await opted_out(calls, A)
    await refuses_all()  # it is on its way to the disk
    await recorder.written()
    database = recorder.place.database()
    async with asyncio.timeout(20):
        while not (recorder.place.begun() and opt_outs.listed(database)):
            await recorder.settled("AJ_asked")
            await asyncio.sleep(0)
    await refuses_all()
    for agent in ("desk", "night"):
        with pytest.raises(DialogueError) as error:
            await elsewhere.place(Order(agent, A))
        assert refused(error)[0] == "opted_out"
    for campaign in ("recall", "survey"):
        campaigns.load(database, campaign, "desk", [NewContact(A, 2, "", {})], 1000.0)
        anybody = Limits(at_once=5, attempts=2, zones=[""], most=5, lease=60.0)
        assert campaigns.claim(database, campaign, "one", anybody, 1000.0) == []
    assert (places.called, telephone.rung) == ([], [])
    opt_outs.remove(database, A)
    await until(lambda: not recorder.opted_out_just_now(A))
    assert await outgoing.may_dial(A)


async def test_nobody_is_passed_on_to_who_has_asked(outgoing, recorder, calls, telephone):
    """By number or SIP address; who has not asked is reached, and the process is told."""

    async def passed_on(to):
        told = []
        peer = SimpleNamespace(send=told.append)
        session = calls.begin("AJ_1", "desk", "call", room="room")
        await outgoing.answer(peer, PassOn("AJ_1", 7, to, "caller"), session)
        calls.end("AJ_1", "transferred")
        return told

    await opted_out(calls, A)
    await recorder.written()
    for to in (A, "00 84 24 1234 5678", f"sip:{A}@pbx.example"):
        (ended,) = await passed_on(to)
        assert (ended.id, ended.reason, ended.reached) == (7, "opted_out", False)
    assert telephone.rung == []
    assert await passed_on(B) == [DialEnded(7, "answered", "", True, None)]
    assert [wish.to for wish in telephone.rung] == [B]


async def test_a_list_that_cannot_be_read_lets_nobody_be_called(
    outgoing, calls, recorder, telephone, monkeypatch
):
    """Nobody can say that the number is not on it."""
    monkeypatch.setattr(recorder.place, "begun", lambda: True)
    monkeypatch.setattr(opt_outs, "has", _unreadable)
    session = calls.begin("AJ_1", "desk", "call", room="room")
    assert (await outgoing.dial(session, ask())).reason == "no_list"
    with pytest.raises(DialogueError) as error:
        await outgoing.place(Order("desk", A))
    assert refused(error)[0] == "records_unavailable"
    assert telephone.rung == []


def _unreadable(*_):
    raise DatabaseError("it is locked")


async def test_a_call_that_ends_while_it_rings(outgoing, take, calls, places, telephone):
    """Nobody is rung any longer, and who still picks up finds no room."""
    call = await outgoing.place(Order("desk", A))
    session = take(call)
    telephone.picks_up.clear()
    dialling = asyncio.ensure_future(outgoing.dial(session, ask()))
    await until(lambda: telephone.rung)
    calls.end("AJ_1", "shutdown")
    outcome = await call.over()
    assert (outcome.answered_by, outcome.reason) == ("nobody", "cancelled")
    assert (await dialling).reason == "cancelled"
    await until(lambda: places.closed == ["room-AJ_1"])


async def test_who_leaves_while_it_rings_has_hung_up(outgoing, take, calls, telephone, monkeypatch):
    """Where LiveKit says nothing of it; what it says, such as busy, comes before."""
    monkeypatch.setattr(dialling_room, "_WHY", 0.0)
    call = await outgoing.place(Order("desk", A))
    session = take(call)
    telephone.picks_up.clear()
    dialling = asyncio.ensure_future(outgoing.dial(session, ask()))
    await until(lambda: telephone.rung)
    outgoing.progress(session, Progress("AJ_1", left=True))
    assert (await dialling).reason == "hung_up"
    calls.end("AJ_1", "hung_up")
    assert (await call.over()).reason == "hung_up"
    monkeypatch.undo()
    telephone.result = Dialled("busy", "the line is busy", 486)
    session = take(await outgoing.place(Order("desk", B)), "AJ_2")
    dialling = asyncio.ensure_future(outgoing.dial(session, ask(B, "AJ_2")))
    await until(lambda: len(telephone.rung) > 1)
    outgoing.progress(session, Progress("AJ_2", left=True))
    telephone.picks_up.set()
    assert (await dialling).reason == "busy"


async def test_calls_are_counted(outgoing, take, calls, telephone):
    """By agent, who answered, and the reason."""
    telephone.result = Dialled("busy", "the line is busy", 486)
    call = await outgoing.place(Order("desk", A))
    await outgoing.dial(take(call), ask())
    calls.end("AJ_1", "busy")
    figures = {m.name: m.samples for m in OutgoingFigures(outgoing).collect()}
    (sample,) = figures["lkrun_outgoing_calls"]
    assert sample.labels == {"agent": "desk", "answered_by": "nobody", "reason": "busy"}
    assert call.to_data()["sip_status"] == 486


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (486, "busy"), (600, "busy"), (480, "unreachable"), (408, "no_answer"), (404, "not_found"),
        (402, "no_money"), (403, "forbidden"), (603, "refused"), (699, "refused"),
        (487, "hung_up"), (503, "network_failed"),
    ],
)  # fmt: skip
def test_sip_statuses_in_words(status, reason):
    """Each has a reason and a sentence, with the status for those who know it."""
    result = by_sip_status(status, "Phrase")
    assert (result.reason, result.sip) == (reason, status)
    assert f"(SIP status {status} Phrase)" in result.words


def test_what_livekit_refuses_in_words():
    """A trunk that does not exist, a deadline, a server that is away."""
    assert by_twirp("not_found", "sip trunk not found").reason == "no_trunk"
    assert by_twirp("deadline_exceeded", "").reason == "no_answer"
    assert by_twirp("unavailable", "no response from servers").reason == "no_livekit"
    assert "LIVEKIT_SIP_OUTBOUND_TRUNK" in by_twirp("not_found", "x").words


@pytest.mark.parametrize(
    ("attributes", "there", "ordered", "dials"),
    [
        ({}, [], False, True),
        ({}, ["somebody"], False, False),
        ({}, ["somebody"], True, True),
        ({VISIT: "yes"}, [], False, False),
    ],
)
def test_who_comes_themselves_has_nobody_called(attributes, there, ordered, dials):
    """An agent dials where it was ordered to, or where nobody is; never for a visitor who left."""
    people = {name: SimpleNamespace(attributes={}) for name in there}
    me = SimpleNamespace(identity="agent")
    call = SimpleNamespace(
        held=SimpleNamespace(
            release=SimpleNamespace(agent=SimpleNamespace(dial=object())),
            welcome=SimpleNamespace(order=object() if ordered else None),
        ),
        ctx=SimpleNamespace(
            job=SimpleNamespace(attributes=attributes),
            room=SimpleNamespace(local_participant=me, remote_participants=people),
        ),
    )
    assert job._dials(call) is dials


def test_a_token_is_a_visit():
    """Whoever comes in by one has no number dialled, though their metadata names one."""
    livekit = LiveKit("ws://lk:7880", "key", Secret("s" * 32))
    made = mint(livekit, Visit("desk", metadata='{"phone": "+842412345678"}'))
    claims = jwt.decode(made.token, options={"verify_signature": False})
    (called,) = claims["roomConfig"]["agents"]
    assert called["attributes"] == {VISIT: "yes"}
