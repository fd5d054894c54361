"""Running calls are offered another release, as the main process sees it."""

import pytest
from support.waiting import until

from runner.serve.socket.messages import (
    TO_CALL,
    CallNetwork,
    CallRenewed,
    NotRenewed,
    Renew,
    SessionEvent,
    Welcome,
)


@pytest.fixture
def begin(phone, calls):
    """Begins a call of an agent, and connects as its process."""

    async def connect(name, agent="desk"):
        call = calls.begin(name, agent, "call")
        peer = await phone(name)
        assert isinstance(await peer.receive(TO_CALL), Welcome)
        return call, peer

    return connect


LIVE = ("  desk:\n    mode: text", "  desk:\n    reload: next_turn\n    mode: text")


async def test_a_call_that_wants_it_goes_over(renewals, begin, changed, releases, log):
    """It is told where its agent lies; with its answer the old release is free."""
    release = releases.current
    call, peer = await begin("AJ_1")
    other, _ = await begin("AJ_2", "shop")
    new = changed(*LIVE)
    releases.swap(new)
    renewals.offer()
    offer = await peer.receive(TO_CALL)
    file, network = releases.file(new.id, "desk"), CallNetwork(("127.0.0.1",))
    assert offer == Renew("AJ_1", new.id, file, {}, network)
    assert call.release == release.id
    waiting = ["agents.desk.limits.max_tool_steps"]
    peer.send(CallRenewed("AJ_1", new.id, ("agents.desk.reload",), tuple(waiting)))
    await until(lambda: call.release == new.id)
    assert other.release == release.id
    assert releases.sessions() == {release.id: 1, new.id: 1}
    (event,) = log.named("session_renewed")
    assert (event["release"], event["waiting"]) == (new.id, waiting)
    renewals._calls.end("AJ_2", "end_call")
    assert list(releases.kept()) == [new.id]


async def test_a_call_that_cannot_keeps_what_it_has(renewals, begin, changed, releases, log):
    """The reason is told, and nothing keeps the new release but that it is served."""
    release = releases.current
    call, peer = await begin("AJ_1")
    new = changed(*LIVE)
    releases.swap(new)
    renewals.offer()
    await peer.receive(TO_CALL)
    why = "the persona that speaks is gone"
    peer.send(NotRenewed("AJ_1", new.id, why))
    await until(lambda: log.named("session_not_renewed"))
    assert log.named("session_not_renewed")[0]["reason"] == why
    assert call.release == release.id
    assert releases.sessions() == {release.id: 1, new.id: 0}


async def test_an_offered_release_is_kept_until_the_answer(
    renewals, begin, changed, releases, release
):
    """A release that is replaced before the call has read it does not vanish under its hands."""
    call, peer = await begin("AJ_1")
    second = changed(*LIVE)
    releases.swap(second)
    renewals.offer()
    third = changed("Welcome", "Good day")
    releases.swap(third)
    renewals.offer()
    assert list(releases.kept()) == [release.id, second.id, third.id]
    offers = [await peer.receive(TO_CALL), await peer.receive(TO_CALL)]
    assert [o.release for o in offers] == [second.id, third.id]
    peer.send(CallRenewed("AJ_1", second.id, (), ()))
    await until(lambda: call.release == second.id)
    peer.send(CallRenewed("AJ_1", third.id, (), ()))
    await until(lambda: call.release == third.id)
    assert releases.sessions() == {third.id: 1}


async def test_a_call_that_ends_gives_all_back(renewals, begin, changed, releases, calls):
    """Also what it was offered and has not answered."""
    await begin("AJ_1")
    second = changed(*LIVE)
    releases.swap(second)
    renewals.offer()
    third = changed("Welcome", "Good day")
    releases.swap(third)
    calls.end("AJ_1", "caller_left")
    assert releases.sessions() == {third.id: 0}


@pytest.mark.usefixtures("renewals")
async def test_only_an_offered_release_is_taken(begin, release):
    """What a process says of a release that it was not offered changes nothing."""
    call, peer = await begin("AJ_1")
    peer.send(CallRenewed("AJ_1", "nonsense", (), ()))
    peer.send(SessionEvent("AJ_1", {"type": "end", "reason": "done"}))
    await until(lambda: call.reason == "done")
    assert call.release == release.id


async def test_calls_are_offered_what_they_want_only(renewals, begin, changed, releases, calls):
    """Not without `reload: next_turn`, not what they have, not an agent that is gone."""
    call, _ = await begin("AJ_1")
    releases.swap(changed("Welcome", "Good day"))
    renewals.offer()
    assert renewals._offered == {}
    both = changed(*LIVE)
    releases.swap(both)
    calls.begin("no_process_yet", "desk", "call")
    renewals.offer()
    assert list(renewals._offered) == ["AJ_1"]
    call.release = both.id
    renewals._over(call)
    renewals.offer()
    assert renewals._offered == {}


async def test_dev_offers_it_to_all(renewals, releases, begin, changed):
    """`lkrun serve --dev` needs no key in the files."""
    renewals._always = True
    _, peer = await begin("AJ_1")
    new = changed("Welcome", "Good day")
    releases.swap(new)
    renewals.offer()
    assert (await peer.receive(TO_CALL)).release == new.id
