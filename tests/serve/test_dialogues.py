"""Text dialogues in real text hosts."""

import asyncio
import os
import signal

import pytest
from support.waiting import until

from runner.front.port import DialogueError
from runner.front.talks_port import EarlierLine
from runner.serve.sessions import dialogues
from runner.serve.socket.messages import CallRenewed, NotRenewed, Open, Renew

pytestmark = pytest.mark.usefixtures("socket")


def hosts(texts):
    """The hosts in which dialogues may begin."""
    return [host for host in texts.hosts.all if not host.leaving]


@pytest.fixture
def heard(renewals, monkeypatch):
    """What dialogues answer when another release is offered to them."""
    answers = []
    for name in ("renewed", "not_renewed"):
        monkeypatch.setattr(renewals, name, lambda _, message: answers.append(message))
    return answers


async def test_a_dialogue_from_greeting_to_goodbye(texts, calls, release):
    """The first turn holds the greeting; later ones go on; the agent's end ends it."""
    first = await texts.turn("desk", "i am mary", None, None, None)
    assert first.events[0]["turn"] == 0
    assert first.events[0]["text"] == "Welcome to the desk."
    assert first.text == "I hear you."
    assert first.variables == {"name": "mary"}
    assert (first.release, first.persona, first.ended) == (release.id, "greeter", False)
    second = await texts.turn("desk", "look", first.session_id, None, None)
    assert second.text == "Looked."
    assert {e["turn"] for e in second.events} == {2}
    assert second.output_tokens > 0
    last = await texts.turn("desk", "bye", first.session_id, None, None)
    assert last.ended
    assert calls.all() == []
    with pytest.raises(DialogueError, match="the agent has ended") as refused:
        await texts.turn("desk", "hello", first.session_id, None, None)
    assert refused.value.code == "ended"


@pytest.mark.parametrize(
    ("given", "words"), [({"nme": "x"}, "no variable 'nme'"), ({"name": {}}, "'name' ")]
)
async def test_a_variable_that_does_not_fit_is_a_mistake_of_who_asks(texts, given, words):
    """It is told as one, and nothing began."""
    with pytest.raises(DialogueError, match=words) as refused:
        await texts.turn("desk", "hello", None, given, None)
    assert refused.value.code == "bad_request"


async def test_without_a_text_the_greeting_is_the_answer(texts):
    """A dialogue may begin with nothing said."""
    turn = await texts.turn("shop", "", None, None, {"a": 1})
    assert turn.text == "Welcome to the desk."


async def test_turns_of_a_dialogue_queue(texts):
    """Texts that are sent at once are answered one after the other, in order."""
    first = await texts.turn("desk", "", None, None, None)
    turns = await asyncio.gather(
        *(texts.turn("desk", f"say {n}", first.session_id, None, None) for n in range(5))
    )
    assert [t.events[0]["turn"] for t in turns] == [1, 2, 3, 4, 5]


async def test_dialogues_do_not_share_anything(texts):
    """Two dialogues at once have their own variables and turns."""
    one, two = await asyncio.gather(
        texts.turn("desk", "i am mary", None, None, None),
        texts.turn("desk", "i am peter", None, {"name": "nobody"}, None),
    )
    assert (one.variables, two.variables) == ({"name": "mary"}, {"name": "peter"})
    assert one.session_id != two.session_id


async def test_a_variable_that_does_not_fit_is_refused(texts, calls, log):
    """The person is told in words; no dialogue is left, and the log says nothing."""
    with pytest.raises(DialogueError, match="no variable 'nope'"):
        await texts.turn("desk", "hello", None, {"nope": 1}, None)
    assert calls.all() == []
    assert log.named("session_started") == []


@pytest.mark.parametrize(("agent", "session"), [("desk", "text_unknown"), ("shop", None)])
async def test_a_dialogue_is_found_by_agent_and_id(texts, agent, session):
    """An id of another agent's dialogue, or of none, is unknown."""
    known = (await texts.turn("desk", "", None, None, None)).session_id
    with pytest.raises(DialogueError) as refused:
        await texts.turn(agent, "hello", session or known, None, None)
    assert refused.value.code == "unknown_session"


async def test_a_child_that_dies_is_replaced(texts, log):
    """Its dialogues are told as ended, what waits is answered, the next begins in another."""
    first = await texts.turn("desk", "", None, None, None)
    waiting = asyncio.ensure_future(texts.turn("desk", "hello", first.session_id, None, None))
    await asyncio.sleep(0)
    os.kill(hosts(texts)[0].process.pid, signal.SIGKILL)
    with pytest.raises(DialogueError, match="has died") as refused:
        await waiting
    assert refused.value.code == "ended"
    assert log.named("session_ended")[0]["reason"] == "crashed"
    assert (await texts.turn("desk", "hello", None, None, None)).text == "I hear you."


async def test_a_child_that_cannot_start_is_told(texts, tmp_path):
    """Without its socket the child ends, and who asks is told to try again."""
    texts.hosts._socket = str(tmp_path / "nowhere")
    await texts.hosts.warm()
    with pytest.raises(DialogueError, match="could not be started"):
        await texts.turn("desk", "hello", None, None, None)


async def test_a_dialogue_can_be_ended_from_outside(texts, calls):
    """Ending it frees its release, and later texts are refused."""
    first = await texts.turn("desk", "", None, None, None)
    texts.end(calls.get(first.session_id))
    with pytest.raises(DialogueError) as refused:
        await texts.turn("desk", "hello", first.session_id, None, None)
    assert refused.value.code == "ended"


async def test_silence_ends_a_dialogue(texts, calls, log):
    """Ten minutes without a text end it; a younger one lives on."""
    old = await texts.turn("desk", "", None, None, None)
    young = await texts.turn("desk", "", None, None, None)
    texts._used[old.session_id] -= dialogues.SILENCE + 1
    texts.look()
    assert [c.id for c in calls.all()] == [young.session_id]
    assert log.named("session_ended")[0]["reason"] == "silence"
    with pytest.raises(DialogueError, match="10 minutes"):
        await texts.turn("desk", "hello", old.session_id, None, None)


async def test_there_is_a_bound_of_dialogues(texts, calls):
    """A thousand are enough: one more is refused as `full`."""
    for number in range(1000):
        calls.begin(str(number), "desk", "text")
    with pytest.raises(DialogueError) as refused:
        await texts.turn("desk", "hello", None, None, None)
    assert refused.value.code == "full"


async def test_settled_waits_for_the_answers_that_are_due(texts):
    """Draining lets turns end that have begun."""
    first = await texts.turn("desk", "", None, None, None)
    waiting = asyncio.ensure_future(texts.turn("desk", "hello", first.session_id, None, None))
    await asyncio.sleep(0)
    await texts.settled()
    assert (await waiting).text == "I hear you."


async def test_a_dialogue_keeps_its_release(texts, releases, changed):
    """After a swap a dialogue goes on with its own words, and a new one has the new ones."""
    old = await texts.turn("desk", "", None, None, None)
    releases.swap(changed("otherwise: I hear you.", "otherwise: I listen."))
    new = await texts.turn("desk", "hello", None, None, None)
    again = await texts.turn("desk", "hello", old.session_id, None, None)
    assert (new.text, again.text) == ("I listen.", "I hear you.")
    assert new.release != again.release == old.release


async def test_a_dialogue_takes_another_release_between_two_turns(
    texts, calls, heard, changed, releases
):
    """It queues behind what was said before, and is answered before what is said after it."""
    first = await texts.turn("desk", "", None, None, None)
    call = calls.get(first.session_id)
    release = changed("I hear you.", "I listen.")
    releases.swap(release)
    before = asyncio.ensure_future(texts.turn("desk", "hello", call.id, None, None))
    await until(lambda: texts.answers.waiting or before.done())
    call.peer.send(Renew(call.id, release.id, releases.file(release.id, "desk"), {}))
    after = asyncio.ensure_future(texts.turn("desk", "hello", call.id, None, None))
    assert (await before).text == "I hear you."
    assert (await after).text == "I listen."
    changed_keys = ("providers.brain.with.otherwise",)
    assert heard.pop() == CallRenewed(call.id, release.id, changed_keys, ())
    call.peer.send(Renew(call.id, release.id, "gone", {}))
    await until(lambda: heard)
    assert heard.pop().why == "the release cannot be read"
    call.peer.send(Renew(call.id, release.id, releases.file(release.id, "shop"), {}))
    await until(lambda: heard)
    assert heard.pop().why == "the release is one of 'shop', another agent"


async def test_a_dialogue_that_is_not_there_takes_no_release(texts, calls, welcomes, heard):
    """One that has not begun, or is over, says so."""
    await texts.turn("desk", "", None, None, None)
    peer = hosts(texts)[0].peer
    unbegun, over = calls.begin("unbegun", "desk", "text"), calls.begin("over", "desk", "text")
    peer.send(Open(welcomes.welcome(unbegun), None, None))
    for call in (unbegun, over):
        peer.send(welcomes.renewal(call, call.release))
    await until(lambda: len(heard) == 2)
    assert set(heard) == {
        NotRenewed("unbegun", unbegun.release, "the call has not begun"),
        NotRenewed("over", over.release, "the call has ended"),
    }


async def test_new_dialogues_begin_in_a_new_process(texts, calls):
    """A dialogue that is on stays where it is; with its end the old process goes."""
    await texts.hosts.renew()
    assert hosts(texts) == []
    old = await texts.turn("desk", "i am mary", None, None, None)
    (first,) = hosts(texts)
    await texts.hosts.renew()
    (second,) = hosts(texts)
    assert second is not first
    again = await texts.turn("desk", "hello", old.session_id, None, None)
    assert again.variables == {"name": "mary"}
    fresh = await texts.turn("desk", "hello", None, None, None)
    assert calls.get(fresh.session_id).peer is not calls.get(old.session_id).peer
    await texts.turn("desk", "bye", old.session_id, None, None)
    await asyncio.wait_for(first.process.wait(), 20)
    assert (await texts.turn("desk", "hello", fresh.session_id, None, None)).text == "I hear you."
    await texts.hosts.renew()
    await texts.turn("desk", "bye", fresh.session_id, None, None)


async def test_a_process_without_dialogues_is_replaced_at_once(texts):
    """Nothing is left of it."""
    turn = await texts.turn("desk", "bye", None, None, None)
    assert turn.ended
    (first,) = hosts(texts)
    await texts.hosts.renew()
    assert first.process.returncode is not None
    assert texts.hosts.all == hosts(texts)


async def test_a_turn_that_nobody_waits_for_is_given_up(texts, service):
    """Whoever asked is gone: what the agent does for the turn is stopped, and the next is heard."""
    first = await texts.turn("desk", "", None, None, None)
    service.answers.clear()
    asking = asyncio.ensure_future(texts.turn("desk", "look", first.session_id, None, None))
    await asyncio.to_thread(service.asked.wait, 20)
    asking.cancel()
    answer = await asyncio.wait_for(texts.turn("desk", "hello", first.session_id, None, None), 10)
    assert answer.text == "I hear you."
    assert {event["turn"] for event in answer.events} == {2}


async def test_a_turn_that_is_given_up_before_it_began_is_not_begun(texts, service):
    """It waited behind another one."""
    first = await texts.turn("desk", "", None, None, None)
    service.answers.clear()
    before = asyncio.ensure_future(texts.turn("desk", "look", first.session_id, None, None))
    await asyncio.to_thread(service.asked.wait, 20)
    queued = asyncio.ensure_future(texts.turn("desk", "i am mary", first.session_id, None, None))
    await until(lambda: len(texts.answers.waiting) == 2)
    queued.cancel()
    await until(lambda: len(texts.answers.waiting) == 1)
    service.answers.set()
    await before
    answer = await texts.turn("desk", "hello", first.session_id, None, None)
    assert answer.variables == {}


async def test_a_talk_from_elsewhere_goes_on_without_a_greeting(texts, calls):
    """Earlier lines are what the agent knows; it greets nobody, and answers the new line."""
    history = (EarlierLine("user", "i am mary"), EarlierLine("agent", "Hello Mary."))
    turn = await texts.turn("desk", "look", None, None, None, history=history)
    assert turn.text == "Looked."
    assert [each["turn"] for each in turn.events if each["type"] == "message"] == [1, 1]
    assert calls.get(turn.session_id).answered


async def test_an_answer_is_told_piece_by_piece(texts):
    """The pieces together are the answer of each turn, and come before it is whole."""
    pieces = []
    first = await texts.turn("desk", "hello", None, None, None, on_text=pieces.append)
    assert "".join(pieces).endswith(first.text)
    pieces.clear()
    second = await texts.turn("desk", "look", first.session_id, None, None, on_text=pieces.append)
    assert len(pieces) > 0
    assert "".join(pieces) == second.text
    pieces.clear()
    await texts.turn("desk", "hello", first.session_id, None, None)
    assert pieces == []
