"""What others have an agent do: handed to the processes of calls, with real text hosts."""

import asyncio

import pytest
from support.waiting import until

from runner.front.port import DialogueError
from runner.serve.sessions import outside as hands
from runner.serve.socket.messages import TO_CALL, Act, Acted, SessionEvent, Started, Welcome

pytestmark = pytest.mark.usefixtures("socket")


async def begun(texts, agent="desk"):
    """A dialogue that has begun."""
    return (await texts.turn(agent, "", None, None, None)).session_id


async def test_a_dialogue_does_what_is_sent(texts, calls, outside):
    """When it returns, its words are events, and what it stores is known."""
    session = await begun(texts)
    await outside.act(session, {"say": "Your taxi is here."})
    assert [(e["turn"], e["text"]) for e in calls.get(session).events][-1] == (
        1, "Your taxi is here.",
    )  # fmt: skip
    await outside.act(session, {"set": {"name": "Mary"}})
    assert calls.get(session).variables == {"name": "Mary"}
    turn = await texts.turn("desk", "hello", session, None, None)
    assert (turn.events[0]["turn"], turn.text, turn.variables) == (
        3,
        "I hear you.",
        {"name": "Mary"},
    )


async def test_the_end_of_a_dialogue_is_its_end(texts, calls, outside):
    """What comes after it is refused, by an action as by a turn; what never was is unknown."""
    session = await begun(texts)
    await outside.act(session, {"end_call": "Goodbye."})
    assert calls.all() == []
    for name, code in ((session, "ended"), ("text_0", "unknown_session")):
        with pytest.raises(DialogueError) as refused:
            await outside.act(name, {"say": "Hello?"})
        assert refused.value.code == code


async def test_a_mistake_is_told_as_in_a_file(texts, outside):
    """Before anything is sent to the dialogue."""
    session = await begun(texts)
    with pytest.raises(DialogueError) as refused:
        await outside.act(session, {"handoff": "gretter"})
    assert (refused.value.code, str(refused.value)) == ("bad_request", "unknown persona 'gretter'")
    assert refused.value.help == "did you mean 'greeter'?"


@pytest.fixture
async def call(phone, calls):
    """A call whose process this test is."""
    calls.begin("AJ_1", "desk", "call")
    peer = await phone("AJ_1")
    assert isinstance(await peer.receive(TO_CALL), Welcome)
    return peer


async def answered(call, calls):
    """Have the call begin."""
    call.send(Started("AJ_1"))
    await until(lambda: calls.get("AJ_1").answered)


async def test_a_call_is_sent_the_action(call, calls, outside):
    """Its process does it, and says when that is done."""
    with pytest.raises(DialogueError) as refused:
        await outside.act("AJ_1", {"say": "Too early."})
    assert refused.value.code == "not_ready"
    await answered(call, calls)
    acting = asyncio.ensure_future(outside.act("AJ_1", {"say": "Hi {{ name }}", "if": "name"}))
    sent = await call.receive(TO_CALL)
    assert isinstance(sent, Act)
    assert (sent.call, sent.actions) == ("AJ_1", ({"say": ["Hi {{ name }}"], "if": "name"},))
    assert not acting.done()
    call.send(Acted("AJ_1", sent.id))
    await acting


@pytest.mark.parametrize(
    ("answer", "code"),
    [({"over": True}, "ended"), ({"problem": "'order' is not a list"}, "out_of_bounds")],
)
async def test_what_was_not_done_is_told(call, calls, outside, answer, code):
    """By what its process says."""
    await answered(call, calls)
    acting = asyncio.ensure_future(outside.act("AJ_1", {"say": "Hi"}))
    call.send(Acted("AJ_1", (await call.receive(TO_CALL)).id, **answer))
    with pytest.raises(DialogueError) as refused:
        await acting
    assert refused.value.code == code


async def test_a_call_that_ends_meanwhile_is_told(call, calls, outside):
    """Whoever waits is answered when its process dies."""
    await answered(call, calls)
    acting = asyncio.ensure_future(outside.act("AJ_1", {"say": "Hi"}))
    await call.receive(TO_CALL)
    await call.close()
    with pytest.raises(DialogueError) as refused:
        await acting
    assert refused.value.code == "ended"


async def test_who_does_not_answer_costs_nobody_anything(call, calls, outside, monkeypatch):
    """A client is answered after a while; too many that wait are refused."""
    await answered(call, calls)
    monkeypatch.setattr(hands, "PATIENCE", 0.01)
    for _ in range(hands.MOST):
        await outside.act("AJ_1", {"say": "Hi"})
    with pytest.raises(DialogueError) as refused:
        await outside.act("AJ_1", {"say": "Hi"})
    assert refused.value.code == "too_many_requests"
    first = await call.receive(TO_CALL)
    call.send(Acted("AJ_1", first.id))
    call.send(SessionEvent("AJ_1", {"type": "message", "turn": 1}))
    await until(lambda: calls.get("AJ_1").turns == 1)
    await outside.act("AJ_1", {"say": "Hi"})


ON_EVENT = """    description: The desk
    on_event:
      order.ready:
        - set:
            name: "{{ args.who }}"
        - say: "{{ args.who }}, your food is ready."
"""


async def test_an_event_does_what_the_agent_has_for_it(texts, calls, outside, changed, releases):
    """With its data; what the agent has nothing for is only kept."""
    releases.swap(changed("    description: The desk\n", ON_EVENT))
    session = await begun(texts)
    assert await outside.event(session, "order.ready", {"who": "Mary"}) == ("desk", True)
    events = [(e["type"], e.get("text", e.get("name"))) for e in calls.get(session).events][1:]
    assert events == [("event", "order.ready"), ("message", "Mary, your food is ready.")]
    assert calls.get(session).variables == {"name": "Mary"}
    for data in (None, [1], "text", {"other": {"who": 1}}):
        assert await outside.event(session, "order.ready", data) == ("desk", True)
    assert await outside.event(session, "order.gone", {}) == ("desk", False)
    assert await outside.event(await begun(texts, "shop"), "order.ready", {}) == ("shop", False)


INTENTS = """    description: The desk
    intents:
      wants_human:
        phrases: real person
        say: I will fetch somebody, {{ name or 'caller' }}.
      known:
        phrases: real
        if: name
        say: You are known.
"""
FOUND = {
    "intent": "wants_human",
    "persona": "greeter",
    "actions": [{"say": ["I will fetch somebody, {{ name or 'caller' }}."]}],
}


async def test_words_are_understood_where_nobody_talks(calls, outside, changed, releases):
    """By the intents of its first persona; nothing begins, and nothing is left."""
    releases.swap(changed("    description: The desk\n", INTENTS))
    assert await outside.intent("desk", "A REAL person, please", None) == FOUND
    none = {"intent": None, "persona": "greeter", "actions": []}
    assert await outside.intent("desk", "I am real", None) == none  # nobody has a name there
    assert await outside.intent("shop", "a real person", None) == none
    assert calls.all() == []
    with pytest.raises(DialogueError) as refused:
        await outside.intent("dask", "hello", None)
    assert refused.value.code == "unknown_agent"


async def test_in_a_session_what_is_meant_is_done(texts, calls, outside, changed, releases):
    """As if the caller had said it, but that their words are no part of the talk."""
    releases.swap(changed("    description: The desk\n", INTENTS))
    session = await begun(texts)
    assert await outside.intent("desk", "a real person", session) == FOUND
    events = [(e["type"], e.get("text", e.get("name"))) for e in calls.get(session).events][1:]
    assert events == [("intent", "wants_human"), ("message", "I will fetch somebody, caller.")]
    await outside.act(session, {"set": {"name": "Mary"}})
    assert (await outside.intent("desk", "I am real", session))["intent"] == "known"
    assert (await outside.intent("desk", "hello", session))["intent"] is None
    with pytest.raises(DialogueError) as refused:
        await outside.intent("shop", "hello", session)
    assert refused.value.code == "unknown_session"


async def test_a_tool_asks_its_service(texts, outside, service):
    """With the key that the main process alone has; `lkrun tool call` tells the same."""
    answer = await outside.use("desk", "look", {}, None)
    assert (answer["ok"], answer["error"], len(answer["attempts"])) == (True, None, 1)
    assert set(answer) == {"ok", "output", "saved", "error", "attempts", "total_ms"}
    assert await outside.use("desk", "look", {}, await begun(texts))
    refused = await outside.use("desk", "look", {"nope": 1}, None)
    assert (refused["ok"], refused["attempts"]) == (False, [])
    assert "nope" in refused["error"]
    assert len(service.keys) == 2


@pytest.mark.parametrize("tool", ["lok", "remember", "http://127.0.0.1/"])
async def test_only_a_declared_http_tool_is_used(outside, tool):
    """Never an address."""
    with pytest.raises(DialogueError, match=f"agent 'desk' has no tool '{tool}'") as refused:
        await outside.use("desk", tool, {}, None)
    assert refused.value.code == "bad_request"
