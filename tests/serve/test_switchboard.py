"""The call socket as the processes of calls meet it."""

import asyncio

import pytest
from support.waiting import until

from runner.egress.port import ToolRequest
from runner.serve.socket.line import Line
from runner.serve.socket.peer import Peer


@pytest.fixture
async def phone(socket):
    """Connects as the process of a call."""
    peers = []

    async def connect(call, role="call"):
        peer = await Peer.connect(str(socket.path))
        peers.append(peer)
        peer.send({"role": role, "call": call})
        return peer

    yield connect
    for peer in peers:
        await peer.close()


async def test_a_call_is_welcomed_with_all_that_it_needs(phone, calls, releases, release):
    """It is told where its agent lies, and of which release."""
    call = calls.begin("AJ_1", "desk", "call")
    peer = await phone("AJ_1")
    welcome = await peer.receive()
    assert welcome["release"] == release.id
    assert welcome["file"] == releases.file(release.id, "desk")
    assert call.peer is not None


async def test_only_secrets_of_providers_reach_a_call(phone, calls, changed, releases):
    """The welcome holds what providers' options use, and nothing that tools use."""
    after = changed("otherwise: I hear you.", 'otherwise: "{{ secrets.LLM_KEY }}"')
    releases.swap(after)
    calls.begin("AJ_1", "desk", "call")
    welcome = await (await phone("AJ_1")).receive()
    assert welcome["secrets"] == {"LLM_KEY": "llm-secret"}


async def test_a_call_may_be_ended_before_its_process_has_connected(phone, calls):
    """It is welcomed, and told to end."""
    calls.begin("AJ_1", "desk", "call").tell_end()
    peer = await phone("AJ_1")
    assert (await peer.receive())["type"] == "welcome"
    assert await peer.receive() == {"type": "end", "call": "AJ_1", "reason": "shutdown"}


@pytest.mark.parametrize("name", ["unknown", "taken"])
async def test_who_is_no_call_is_sent_away(phone, calls, name):
    """A call that is not known, or that has a process already, gets no release."""
    calls.begin("taken", "desk", "call")
    if name == "taken":
        assert (await (await phone("taken")).receive())["type"] == "welcome"
    peer = await phone(name)
    assert await peer.receive() == {"type": "gone"}
    assert await peer.receive() is None


async def test_who_says_no_role_is_cut_off(socket, phone):
    """A connection without a hello, or with a strange one, is closed."""
    assert await (await phone("x", role="stranger")).receive() is None
    silent = await Peer.connect(str(socket.path))
    silent._writer.write_eof()
    assert await silent.receive() is None
    await silent.close()


async def test_the_events_of_a_call_are_kept(phone, calls, log):
    """Begin, events and end of a call are noted as its process tells them."""
    call = calls.begin("AJ_1", "desk", "call")
    peer = await phone("AJ_1")
    await peer.receive()
    peer.send({"type": "started", "call": "AJ_1"})
    peer.send({"type": "event", "call": "AJ_1", "event": {"type": "message", "turn": 1}})
    peer.send({"type": "event", "call": "AJ_1", "event": "nonsense"})
    peer.send({"type": "event", "call": "AJ_2", "event": {"type": "message", "turn": 9}})
    peer.send({"type": "nonsense"})
    peer.send({"type": "ended", "call": "AJ_1", "reason": "caller_left"})
    await peer.close()
    await until(lambda: calls.get("AJ_1") is None)
    assert [e["turn"] for e in call.events] == [1]
    assert log.named("session_started")
    assert log.named("session_ended")[0]["reason"] == "caller_left"


async def test_a_process_that_dies_is_a_crash(phone, calls, log):
    """A connection that ends without a word means that the call has died."""
    calls.begin("AJ_1", "desk", "call")
    peer = await phone("AJ_1")
    await peer.receive()
    await peer.close()
    await until(lambda: calls.get("AJ_1") is None)
    assert log.named("session_ended")[0]["reason"] == "crashed"


async def test_a_tool_is_asked_for_by_the_main_process(phone, calls, service):
    """The request goes out in this process, with its secrets, and the answer comes back."""
    calls.begin("AJ_1", "desk", "call")
    peer = await phone("AJ_1")
    await peer.receive()
    line = Line(peer)
    listening = asyncio.ensure_future(line.listen())
    answer = await line.ask("AJ_1", ToolRequest("look", {}, {}))
    assert answer.ok, answer
    assert (answer.attempts[0].status, service.keys) == (200, ["tool-secret"])
    listening.cancel()


async def test_a_tool_that_fails_is_told(phone, calls, log):
    """A tool that cannot be used fails in words, and the log names call and tool."""
    calls.begin("AJ_1", "desk", "call")
    peer = await phone("AJ_1")
    await peer.receive()
    line = Line(peer)
    listening = asyncio.ensure_future(line.listen())
    assert not (await line.ask("AJ_1", ToolRequest("nothing", {}, {}))).ok
    assert not (await line.ask("AJ_9", ToolRequest("look", {}, {}))).ok
    (failed,) = log.named("tool_failed")
    assert (failed["session"], failed["tool"], failed["agent"]) == ("AJ_1", "nothing", "desk")
    listening.cancel()


async def test_an_ask_that_is_none_is_answered(phone, calls):
    """A process that breaks the rules is answered, not crashed into."""
    calls.begin("AJ_1", "desk", "call")
    peer = await phone("AJ_1")
    await peer.receive()
    for broken in ({}, {"ask": 3}, {"ask": {"tool": 1}}, {"ask": None}):
        peer.send({"type": "ask", "call": "AJ_1", "id": 7, **broken})
        answer = await peer.receive()
        assert answer["answer"]["ok"] is False
