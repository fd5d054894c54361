"""The call socket's messages, and the line of a call."""

import asyncio
import json

import pytest

from runner.egress.port import ToolRequest, ToolResponse
from runner.serve.socket.line import CallEgress, Line
from runner.serve.socket.peer import MAX_LINE, Peer


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
    """What is sent is received, umlauts, line breaks and all."""
    near, far = pair
    sent = [{"a": 1}, {"text": "Grüß\nGott\ud800"}, {"deep": [{"x": None}]}]
    for message in sent:
        near.send(message)
    received = [await far.receive() for _ in sent]
    assert received[0] == sent[0]
    assert received[1]["text"].startswith("Grüß\nGott")
    assert received[2] == sent[2]


async def test_a_large_answer_of_a_service_fits(pair):
    """A message of megabytes arrives whole."""
    near, far = pair
    near.send({"big": "x" * 5_000_000})
    assert len((await far.receive())["big"]) == 5_000_000


async def test_a_message_that_is_too_large_is_not_sent(pair):
    """The sender learns of it; the connection goes on."""
    near, far = pair
    with pytest.raises(ValueError, match="too long"):
        near.send({"big": "x" * MAX_LINE})
    near.send({"ok": True})
    assert await far.receive() == {"ok": True}


@pytest.mark.parametrize(
    "line", [b"[1, 2]\n", b"junk\n", b'"text"\n', b"\xff\xfe\n", b"half", b"[" * 100_000 + b"\n"]
)
async def test_what_is_no_message_ends_the_connection(pair, line):
    """Only JSON objects, each on a whole line, are messages."""
    near, far = pair
    near._writer.write(line)
    await near.close()
    assert await far.receive() is None


async def test_a_side_that_is_gone_is_no_error(pair):
    """Sending to nobody is nothing."""
    near, far = pair
    await far.close()
    assert await near.receive() is None
    await near.close()
    near.send({"a": 1})


async def test_an_ask_is_answered_by_the_main_process(pair):
    """The egress of a call sends what it is asked, and gets the answer with its number."""
    near, far = pair
    line = Line(near)
    listening = asyncio.ensure_future(line.listen())
    egress = CallEgress(line, "AJ_1")
    asking = [asyncio.ensure_future(egress.ask(ToolRequest("t", {"n": n}, {}))) for n in range(3)]
    asked = [await far.receive() for _ in asking]
    assert asked[0] == {
        "type": "ask",
        "call": "AJ_1",
        "id": 1,
        "ask": {"tool": "t", "arguments": {"n": 0}, "values": {}},
    }
    for message in reversed(asked):
        answer = ToolResponse(ok=True, output=str(message["ask"]["arguments"]["n"]))
        far.send(
            {
                "type": "answer",
                "id": message["id"],
                "answer": json.loads(json.dumps(answer.to_data())),
            }
        )
    assert [(await a).output for a in asking] == ["0", "1", "2"]
    far.send({"type": "answer", "id": 99, "answer": {}})
    await far.close()
    await listening


async def test_asks_fail_when_the_main_process_is_gone(pair):
    """Neither what is asked then nor what was asked before hangs."""
    near, far = pair
    line = Line(near)
    listening = asyncio.ensure_future(line.listen())
    asking = asyncio.ensure_future(line.ask("c", ToolRequest("t", {}, {})))
    assert await far.receive()
    await far.close()
    await listening
    assert (await asking).error == "the runner is gone, so nothing was sent"
    assert not (await line.ask("c", ToolRequest("t", {}, {}))).ok


async def test_what_is_too_large_for_the_line_harms_nothing(pair):
    """An event is left out, a request fails in words."""
    near, far = pair
    line = Line(near)
    line.event("c", {"text": "x" * MAX_LINE})
    answer = await line.ask("c", ToolRequest("t", {"x": "y" * MAX_LINE}, {}))
    assert answer.error == "the request is too long"
    line.event("c", {"type": "message"})
    assert (await far.receive())["event"] == {"type": "message"}


async def test_other_messages_are_handed_on(pair):
    """What is no answer goes to who listens."""
    near, far = pair
    line, heard = Line(near), []
    line.on_message = heard.append
    far.send({"type": "end", "reason": "shutdown"})
    await far.close()
    await line.listen()
    assert heard == [{"type": "end", "reason": "shutdown"}]
