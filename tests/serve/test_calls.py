"""What is on, who is let in."""

import asyncio

import pytest

from runner.link import Release
from runner.schema.process import Capacity
from runner.serve.metrics import Metrics
from runner.serve.sessions.admission import BUSIEST


def test_a_call_is_told_when_it_begins_and_ends(calls, log):
    """`session_started` and `session_ended` name the call, its agent, release and reason."""
    call = calls.begin("AJ_1", "desk", "call", room="r", dispatch="AD_1")
    calls.answer(call)
    calls.answer(call)
    calls.end("AJ_1", "caller_left")
    calls.end("AJ_1", "again")
    (started,), (ended,) = log.named("session_started"), log.named("session_ended")
    assert (started["session"], started["agent"], started["release"]) == (
        "AJ_1",
        "desk",
        call.release,
    )
    assert (ended["reason"], ended["room"], ended["level"]) == ("caller_left", "r", "info")


def test_a_crash_is_a_warning_even_before_the_call_began(calls, log):
    """A call whose process died is told in any case."""
    calls.begin("AJ_1", "desk", "call")
    calls.end("AJ_1", "crashed")
    assert log.named("session_ended")[0]["level"] == "warning"


def test_a_call_that_nobody_answered_leaves_no_word(calls, log):
    """A call that another runner got is no session of ours."""
    calls.begin("AJ_1", "desk", "call")
    calls.end("AJ_1", "not_assigned")
    assert log.named("session_ended") == []


def test_events_tell_turn_persona_and_end(calls):
    """What a call says of itself can be asked for."""
    call = calls.begin("t", "desk", "text")
    call.take({"type": "message", "turn": 3, "persona": "greeter", "text": "hi"})
    call.take({"type": "handoff", "turn": 3, "from": "greeter", "to": "billing"})
    call.take({"type": "end", "turn": 4, "reason": "end_call"})
    info = call.info()
    assert (info.turns, info.persona, info.kind, call.reason) == (4, "billing", "text", "end_call")
    assert len(list(call.events)) == 3


async def test_none_waits_for_the_last_call(calls):
    """`none` returns when the last call has ended; dialogues do not count."""
    calls.begin("a", "desk", "call")
    calls.begin("b", "shop", "call")
    calls.begin("c", "desk", "text")
    waiting = asyncio.ensure_future(calls.none())
    calls.end("a", "caller_left")
    await asyncio.sleep(0)
    assert not waiting.done()
    calls.end("b", "caller_left")
    await waiting


def test_an_unknown_agent_cannot_be_called(calls):
    """Beginning a call of an agent that is not served is an error of ours."""
    with pytest.raises(KeyError):
        calls.begin("a", "nobody", "call")


def test_an_agent_takes_as_many_calls_as_it_may(admission, calls):
    """`max_calls` counts the calls of that agent, and not dialogues."""
    calls.begin("a", "desk", "call")
    calls.begin("t", "desk", "text")
    assert admission.refusal("desk") is None
    calls.begin("b", "desk", "call")
    assert admission.refusal("desk") == "full"
    assert admission.refusal("shop") is None
    calls.end("a", "caller_left")
    assert admission.refusal("desk") is None


@pytest.fixture
def two_at_once(releases):
    """A runner that takes two calls, whoever is called."""
    release = releases.current
    capacity = Capacity.model_construct({"max_calls"}, max_calls=2)
    process = release.process.model_copy(update={"capacity": capacity})
    releases.swap(Release(agents=release.agents, process=process, secrets=release.secrets))


@pytest.mark.usefixtures("two_at_once")
def test_a_runner_takes_as_many_calls_as_it_may(admission, calls):
    """`capacity.max_calls` counts the calls of all agents, and not dialogues; it is in the load."""
    calls.begin("t", "desk", "text")
    calls.begin("a", "desk", "call")
    assert (admission.full, admission.load("shop")) == (False, BUSIEST / 2)
    calls.begin("b", "shop", "call")
    assert admission.refusal("shop") == "full"
    assert admission.why_full("shop") == "the runner has as many calls as it may have"
    assert (admission.full, admission.load("shop")) == (True, BUSIEST)
    calls.end("a", "caller_left")
    assert admission.refusal("shop") is None


@pytest.mark.usefixtures("two_at_once")
def test_the_metrics_tell_the_room_that_is_left(releases, calls, admission):
    """How many calls there may be and how many more; nothing where there is no limit."""
    calls.begin("a", "desk", "call")
    metrics = Metrics(releases, calls)
    metrics.tell_room(admission)
    text = metrics.text()
    assert "\nlkrun_calls_max 2.0\n" in text
    assert "\nlkrun_calls_free 1.0\n" in text


def test_without_a_limit_there_is_no_room_to_tell(releases, calls, admission):
    """No figure stands for any number of calls."""
    metrics = Metrics(releases, calls)
    metrics.tell_room(admission)
    assert "lkrun_calls_" not in metrics.text()


def test_nobody_is_let_in_while_draining(admission):
    """Draining refuses everybody, and so does an agent that is gone."""
    assert admission.refusal("nobody") == "unknown_agent"
    admission.draining = True
    assert admission.refusal("shop") == "draining"


def test_the_load_stays_below_what_livekit_starves(admission, calls):
    """However many calls are on, the reported load leaves the runner in LiveKit's choice."""
    assert admission.load("shop") == 0
    loads = []
    for number in range(300):
        calls.begin(str(number), "shop", "call")
        loads.append(admission.load("shop"))
    assert loads == sorted(loads)
    assert loads[-1] < BUSIEST
    calls.begin("x", "desk", "call")
    calls.begin("y", "desk", "call")
    assert admission.load("desk") == BUSIEST
    assert admission.load("gone") < BUSIEST
