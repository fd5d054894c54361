"""The call socket's messages, and the line of a call."""

import asyncio
import json

import pytest

from runner.egress.port import ToolRequest, ToolResponse
from runner.serve.socket.line import CallEgress, Line
from runner.serve.socket.messages import (
    FROM_CALL,
    FROM_HOST,
    MAX_LINE,
    TO_CALL,
    Answer,
    Ask,
    End,
    Ended,
    Failed,
    GiveUp,
    LogLine,
    MalformedError,
    NotRenewed,
    Refused,
    Renew,
    Reply,
    SessionEvent,
    Started,
    TooLongError,
    Usage,
)
from runner.serve.socket.peer import Peer


@pytest.fixture
async def pair(short):
    """Two ends of a unix socket."""
    accepted = asyncio.get_running_loop().create_future()
    server = await asyncio.start_unix_server(
        lambda r, w: accepted.set_result(Peer(r, w)), short / "s", limit=MAX_LINE
    )
    near = await Peer.connect(str(short / "s"))
    far = await accepted
    yield near, far
    await near.close()
    await far.close()
    server.close()


async def test_messages_arrive_in_order(pair):
    """What is sent is received, umlauts, line breaks, odd values and all."""
    near, far = pair
    sent = [
        Started("a"),
        NotRenewed("a", "r", "Grüß\nGott"),
        SessionEvent("a", {"deep": [{"x": None}], "n": 1.5}),
        Ask("a", 1, ToolRequest("t", {"n": 1}, {"now": "2030-01-01"})),
    ]
    for message in sent:
        near.send(message)
    assert [await far.receive(FROM_CALL) for _ in sent] == sent


async def test_half_a_character_and_an_unknown_value_are_sent_all_the_same(pair):
    """A lone surrogate becomes a question mark, what is no JSON its text."""
    near, far = pair
    near.send(SessionEvent("a", {"text": "Gott\ud800", "path": {"p": complex(1, 2)}}))
    assert (await far.receive(FROM_CALL)).event == {"text": "Gott?", "path": {"p": "(1+2j)"}}


async def test_a_large_answer_of_a_service_fits(pair):
    """A message of megabytes arrives whole."""
    near, far = pair
    near.send(Answer(1, ToolResponse(ok=True, output="", result="x" * 5_000_000)))
    assert len((await far.receive(TO_CALL)).answer.result) == 5_000_000


async def test_a_message_that_is_too_large_is_not_sent(pair):
    """Where nothing shorter can be said the sender learns of it; the connection goes on."""
    near, far = pair
    with pytest.raises(TooLongError, match="too long"):
        near.send(Renew("a", "r", "x" * MAX_LINE, {}))
    near.send(End("a", "shutdown"))
    assert await far.receive(TO_CALL) == End("a", "shutdown")


LONG = "x" * MAX_LINE


@pytest.mark.parametrize(
    ("message", "kinds", "instead"),
    [
        (
            SessionEvent("a", {"type": "message", "turn": 3, "text": LONG, "more": [LONG]}),
            FROM_CALL,
            SessionEvent(
                "a", {"type": "message", "turn": 3, "text": "x" * 4000 + "…", "more": "…"}
            ),
        ),
        (
            Reply("a", 7, ({"text": LONG},), "", {}, "p", ended=False, usage=Usage()),
            FROM_HOST,
            Failed("a", 7, "agent_unavailable", "the agent's answer was longer than 16 MB"),
        ),
        (LogLine("INFO", "x", LONG), FROM_HOST, LogLine("INFO", "x", "x" * 4000 + "…")),
        (
            Answer(7, ToolResponse(ok=True, output=LONG)),
            TO_CALL,
            Answer(
                7,
                ToolResponse(
                    ok=False, output="the answer is too long", error="the answer is too long"
                ),
            ),
        ),
    ],
)
async def test_nothing_is_dropped_without_a_word(pair, caplog, message, kinds, instead):
    """What is too long arrives in a shorter form, and the log says so."""
    near, far = pair
    near.send(message)
    assert await far.receive(kinds) == instead
    assert "is longer than 16 MB and was shortened" in caplog.text


async def test_what_is_nested_too_deeply_is_shortened_as_well(pair):
    """Thousands of lists in each other are no JSON for anybody."""
    near, far = pair
    deep = []
    for _ in range(200_000):
        deep = [deep]
    near.send(SessionEvent("a", {"type": "tool_call", "arguments": deep}))
    assert (await far.receive(FROM_CALL)).event == {"type": "tool_call", "arguments": "…"}
    while deep:  # lists in each other are freed one by one
        deep = deep.pop()


@pytest.mark.parametrize(
    "line", [b"[1, 2]\n", b"junk\n", b'"text"\n', b"\xff\xfe\n", b"half", b"[" * 100_000 + b"\n"]
)
async def test_what_is_no_message_ends_the_connection(pair, line):
    """Only JSON objects, each on a whole line, are messages."""
    near, far = pair
    near._writer.write(line)
    await near.close()
    assert await far.receive(FROM_CALL) is None


MALFORMED = [
    {},
    {"type": "nonsense"},
    {"type": "started"},
    {"type": "started", "call": 3},
    {"type": "started", "call": "a", "more": 1},
    {"type": "event", "call": "a", "event": "text"},
    {"type": "ask", "call": "a", "id": 1, "ask": {"tool": "t"}},
    {"type": "ended", "call": "a", "reason": None},
    {"type": "welcome", "call": "a", "release": "r", "file": "f", "secrets": {}},
]


@pytest.mark.parametrize("data", MALFORMED)
async def test_what_is_unknown_or_malformed_is_refused(pair, data):
    """A message of another side, one of no kind, one with a field too few or too many."""
    near, far = pair
    near._writer.write(json.dumps({**data, "id": 7}).encode() + b"\n")
    with pytest.raises(MalformedError):
        await far.receive(FROM_CALL)
    near.send(Started("a"))
    assert await far.receive(FROM_CALL) == Started("a")


async def test_a_refusal_is_logged_and_told_to_who_sent_it(pair, caplog):
    """It carries the number by which its sender may wait; what follows is heard."""
    near, far = pair
    near._writer.write(b'{"type": "ask", "call": "a", "id": 7, "ask": 3}\n')
    near.send(Ended("a", "caller_left"))
    async for message in far.messages(FROM_CALL):
        assert message == Ended("a", "caller_left")
        break
    assert (await near.receive(TO_CALL)).id == 7
    assert "is no message: ask.ask: Input should be" in caplog.text


async def test_a_side_that_is_gone_is_no_error(pair):
    """Sending to nobody is nothing."""
    near, far = pair
    await far.close()
    assert await near.receive(TO_CALL) is None
    await near.close()
    near.send(Started("a"))


async def test_an_ask_is_answered_by_the_main_process(pair):
    """The egress of a call sends what it is asked, and gets the answer with its number."""
    near, far = pair
    line = Line(near, TO_CALL)
    listening = asyncio.ensure_future(line.listen())
    egress = CallEgress(line, "AJ_1")
    asking = [asyncio.ensure_future(egress.ask(ToolRequest("t", {"n": n}, {}))) for n in range(3)]
    request = [await far.receive(FROM_CALL) for _ in asking]
    assert request[0] == Ask("AJ_1", 1, ToolRequest("t", {"n": 0}, {}))
    for message in reversed(request):
        output = str(message.ask.arguments["n"])
        far.send(Answer(message.id, ToolResponse(ok=True, output=output)))
    assert [(await a).output for a in asking] == ["0", "1", "2"]
    far.send(Answer(99, ToolResponse(ok=True, output="")))
    await far.close()
    await listening


async def test_who_waits_for_no_answer_says_so(pair):
    """An ask that is cancelled is given up in the main process too."""
    near, far = pair
    asking = asyncio.ensure_future(Line(near, TO_CALL).ask("AJ_1", ToolRequest("t", {}, {})))
    request = await far.receive(FROM_CALL)
    asking.cancel()
    assert await far.receive(FROM_CALL) == GiveUp("AJ_1", request.id)


async def test_asks_fail_when_the_main_process_is_gone(pair):
    """Neither what is asked then nor what was asked before hangs."""
    near, far = pair
    line = Line(near, TO_CALL)
    listening = asyncio.ensure_future(line.listen())
    asking = asyncio.ensure_future(line.ask("c", ToolRequest("t", {}, {})))
    assert await far.receive(FROM_CALL)
    await far.close()
    await listening
    assert (await asking).error == "the runner is gone, so nothing was sent"
    assert not (await line.ask("c", ToolRequest("t", {}, {}))).ok


async def test_an_ask_that_is_refused_fails(pair):
    """Its tool does not wait for an answer that never comes."""
    near, far = pair
    line = Line(near, TO_CALL)
    listening = asyncio.ensure_future(line.listen())
    asking = asyncio.ensure_future(line.ask("c", ToolRequest("t", {}, {})))
    request = await far.receive(FROM_CALL)
    far.send(Refused(request.id, "no"))
    assert (await asking).error == "the request is malformed: no"
    await far.close()
    await listening


async def test_what_is_too_large_for_the_line_harms_nothing(pair):
    """An event arrives in part, a request fails in words."""
    near, far = pair
    line = Line(near, TO_CALL)
    line.event("c", {"text": "x" * MAX_LINE})
    answer = await line.ask("c", ToolRequest("t", {"x": "y" * MAX_LINE}, {}))
    assert answer.error == "the request is too long"
    line.event("c", {"type": "message"})
    assert (await far.receive(FROM_CALL)).event == {"text": "x" * 4000 + "…"}
    assert (await far.receive(FROM_CALL)).event == {"type": "message"}


async def test_other_messages_are_handed_on(pair):
    """What is no answer goes to who listens."""
    near, far = pair
    line, heard = Line(near, TO_CALL), []
    line.on_message = heard.append
    far.send(End("c", "shutdown"))
    await far.close()
    await line.listen()
    assert heard == [End("c", "shutdown")]
