"""The call socket as the processes of calls meet it."""

import asyncio

import pytest
from support.waiting import until

from runner.egress.port import ToolRequest
from runner.egress.secrets import Secrets
from runner.secret import Secret
from runner.serve.sessions.switchboard import Switchboard
from runner.serve.sessions.tool_requests import ToolRequests
from runner.serve.socket.line import Line
from runner.serve.socket.messages import (
    TO_CALL,
    Ask,
    CallNetwork,
    End,
    Ended,
    GiveUp,
    Gone,
    Refused,
    SessionEvent,
    Started,
    Welcome,
)
from runner.serve.socket.peer import Peer


async def test_a_call_is_welcomed_with_all_that_it_needs(phone, calls, releases, release):
    """It is told where its agent lies, and of which release."""
    call = calls.begin("AJ_1", "desk", "call")
    peer = await phone("AJ_1")
    file = releases.file(release.id, "desk")
    assert await peer.receive(TO_CALL) == Welcome(
        "AJ_1", release.id, file, {}, CallNetwork(("127.0.0.1",))
    )
    assert call.peer is not None


async def test_only_secrets_of_providers_reach_a_call(phone, calls, changed, releases):
    """The welcome holds what providers' options use, and nothing that tools use."""
    after = changed("otherwise: I hear you.", 'otherwise: "{{ secrets.LLM_KEY }}"')
    releases.swap(after)
    calls.begin("AJ_1", "desk", "call")
    welcome = await (await phone("AJ_1")).receive(TO_CALL)
    assert welcome.secrets == {"LLM_KEY": Secret("llm-secret")}


async def test_a_call_may_be_ended_before_its_process_has_connected(phone, calls):
    """It is welcomed, and told to end."""
    calls.begin("AJ_1", "desk", "call").tell_end()
    peer = await phone("AJ_1")
    assert isinstance(await peer.receive(TO_CALL), Welcome)
    assert await peer.receive(TO_CALL) == End("AJ_1", "shutdown")


@pytest.mark.parametrize("name", ["unknown", "taken"])
async def test_who_is_no_call_is_sent_away(phone, calls, name):
    """A call that is not known, or that has a process already, gets no release."""
    calls.begin("taken", "desk", "call")
    if name == "taken":
        assert isinstance(await (await phone("taken")).receive(TO_CALL), Welcome)
    peer = await phone(name)
    assert await peer.receive(TO_CALL) == Gone()
    assert await peer.receive(TO_CALL) is None


@pytest.mark.parametrize("hello", [b"", b'{"role": "stranger"}\n', b'{"role": "call"}\n', b"{}\n"])
async def test_who_says_no_role_is_cut_off(socket, hello):
    """A connection without a hello, or with a strange one, is closed."""
    stranger = await Peer.connect(str(socket.path))
    stranger._writer.write(hello)
    stranger._writer.write_eof()
    assert await stranger.receive(TO_CALL) is None
    await stranger.close()


async def test_the_events_of_a_call_are_kept(phone, calls, log):
    """Begin, events and end of a call are noted as its process tells them."""
    call = calls.begin("AJ_1", "desk", "call")
    peer = await phone("AJ_1")
    await peer.receive(TO_CALL)
    peer.send(Started("AJ_1"))
    peer.send(SessionEvent("AJ_1", {"type": "message", "turn": 1}))
    peer.send(SessionEvent("AJ_1", "nonsense"))
    peer.send(SessionEvent("AJ_2", {"type": "message", "turn": 9}))
    peer._writer.write(b'{"type": "nonsense"}\n')
    peer.send(Ended("AJ_1", "caller_left"))
    await peer.close()
    await until(lambda: calls.get("AJ_1") is None)
    kept = [(e["turn"], e["type"]) for e in call.events]
    assert kept == [(1, "message"), (1, "end")]  # the process did not tell the end itself
    assert log.named("session_started")
    assert log.named("session_ended")[0]["reason"] == "caller_left"


async def test_a_process_that_dies_is_a_crash(phone, calls, log):
    """A connection that ends without a word means that the call has died."""
    calls.begin("AJ_1", "desk", "call")
    peer = await phone("AJ_1")
    await peer.receive(TO_CALL)
    await peer.close()
    await until(lambda: calls.get("AJ_1") is None)
    assert log.named("session_ended")[0]["reason"] == "crashed"


async def test_a_tool_is_asked_for_by_the_main_process(phone, calls, service):
    """The request goes out in this process, with its secrets, and the answer comes back."""
    calls.begin("AJ_1", "desk", "call")
    peer = await phone("AJ_1")
    await peer.receive(TO_CALL)
    line = Line(peer, TO_CALL)
    listening = asyncio.ensure_future(line.listen())
    answer = await line.ask("AJ_1", ToolRequest("look", {}, {}))
    assert answer.ok, answer
    assert (answer.attempts[0].status, service.keys) == (200, ["tool-secret"])
    listening.cancel()


async def test_a_tool_that_fails_is_told(phone, calls, log):
    """A tool that cannot be used fails in words, and the log names call and tool."""
    calls.begin("AJ_1", "desk", "call")
    peer = await phone("AJ_1")
    await peer.receive(TO_CALL)
    line = Line(peer, TO_CALL)
    listening = asyncio.ensure_future(line.listen())
    assert not (await line.ask("AJ_1", ToolRequest("nothing", {}, {}))).ok
    assert not (await line.ask("AJ_9", ToolRequest("look", {}, {}))).ok
    (failed,) = log.named("tool_failed")
    assert (failed["session"], failed["tool"], failed["agent"]) == ("AJ_1", "nothing", "desk")
    listening.cancel()


@pytest.mark.parametrize("broken", ["", ', "ask": 3', ', "ask": {"tool": 1}', ', "ask": null'])
async def test_an_ask_that_is_none_is_answered(phone, calls, broken):
    """A process that breaks the rules is answered, not crashed into."""
    call = calls.begin("AJ_1", "desk", "call")
    peer = await phone("AJ_1")
    await peer.receive(TO_CALL)
    peer._writer.write(f'{{"type": "ask", "call": "AJ_1", "id": 7{broken}}}\n'.encode())
    refused = await peer.receive(TO_CALL)
    assert isinstance(refused, Refused)
    assert refused.id == 7
    peer.send(SessionEvent("AJ_1", {"type": "message", "turn": 1}))
    await until(lambda: list(call.events))


class SlowTools:
    """Requests that are being answered until they are given up."""

    def __init__(self, questions):
        self.questions = questions
        self.asked, self.go, self.ends = asyncio.Event(), asyncio.Event(), []

    def is_question(self, _, tool):
        return tool in self.questions

    async def answer(self, *_):
        self.asked.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.ends.append("given up")
            raise
        self.ends.append("done")

    async def aclose(self):
        """There is nothing to close."""


@pytest.mark.parametrize(("questions", "end"), [({"look"}, "given up"), (set(), "done")])
async def test_an_answer_that_nobody_waits_for_is_given_up(calls, questions, end):
    """A question is cancelled; what a service was told to do is left to its end."""
    tools = SlowTools(questions)
    board = Switchboard(calls, None, tools, None)
    calls.begin("AJ_1", "desk", "call")
    peer = object()
    board.take(peer, Ask("AJ_1", 1, ToolRequest("look", {}, {})))
    await tools.asked.wait()
    board.take(object(), GiveUp("AJ_1", 1))  # another process has numbers of its own
    board.take(peer, GiveUp("AJ_1", 2))
    board.take(peer, GiveUp("AJ_1", 1))
    await asyncio.sleep(0)
    tools.go.set()
    await board._tasks.finished()
    assert tools.ends == [end]
    assert not board._asked


async def test_only_requests_that_change_nothing_are_questions(calls, releases, log):
    """The method tells: a GET is one, and what is no tool of the agent is none."""
    tools = ToolRequests(releases, Secrets({}), log, files=None, env={})
    call = calls.begin("AJ_1", "desk", "call")
    assert tools.is_question(call, "look")
    assert not tools.is_question(call, "end_call")
    await tools.aclose()
