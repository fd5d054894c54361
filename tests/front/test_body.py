"""Bodies that are wrong, long or slow."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest

from runner.front.app import Front

TURNS = "/v1/agents/clinic/turns"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"txt": "hi"}, 400, ("unknown field 'txt'", "did you mean 'text'?")),
        (
            {"text": 5, "zzz": 1},
            400,
            (
                "unknown field 'zzz'",
                "known here: app, audio, idle, keypad, metadata, session_id, text, variables, with",
            ),
        ),
        ({"text": 5}, 400, ("'text' must be text", "write it in double quotes")),
        ({"text": None}, 400, ("'text' must be text", "write it in double quotes")),
        ({"variables": [1]}, 400, ("'variables' must be an object", 'write {"name": value}')),
        ({"idle": "yes"}, 400, ("'idle' must be true or false", "write it without quotes")),
        ({"session_id": 7}, 400, ("'session_id' must be text", "write it in double quotes")),
        (
            {"session_id": ""},
            422,
            ("'session_id' is empty", "leave 'session_id' out to begin a dialogue"),
        ),
        ({"session_id": "x" * 201}, 422, ("'session_id' is longer than 200 characters", None)),
        (
            {"session_id": "s-1", "text": "a", "variables": {}},
            400,
            (
                "'variables' can only be given when a dialogue begins",
                "leave 'variables' out, or leave 'session_id' out",
            ),
        ),
        (
            {"session_id": "s-1", "text": "a", "metadata": 0},
            400,
            (
                "'metadata' can only be given when a dialogue begins",
                "leave 'metadata' out, or leave 'session_id' out",
            ),
        ),
        (
            {"session_id": "s-1", "text": " "},
            422,
            (
                "there is nothing to answer: 'text' is empty",
                "an empty text is only for the beginning of a dialogue",
            ),
        ),
        (
            ["text"],
            400,
            ("the body must be a JSON object", 'write, for example, {"text": "hello"}'),
        ),
    ],
)
async def test_a_wrong_field_is_named(ask, runner, body, status, said):
    """One message names the field and says what to write; the runner is not asked."""
    answer = await ask("POST", TURNS, json=body)
    assert answer.status == status
    assert (answer.error["message"], answer.error["help"]) == said
    assert runner.asked == []


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        (
            "/create-room",
            {"empty_timeout": 0},
            422,
            ("'empty_timeout' is less than 1", "give 1 or more"),
        ),
        (
            "/create-room",
            {"max_participants": 1001},
            422,
            ("'max_participants' is more than 1,000", "give 1,000 or less"),
        ),
        (
            "/create-room",
            {"max_participants": "2"},
            400,
            ("'max_participants' must be a whole number", "write it without quotes"),
        ),
        (
            "/token",
            {"room_config": {"agents": [{"agent_name": "clinic"}, {"agent_name": "desk"}]}},
            422,
            ("'room_config.agents' may hold at most 1 item(s)", "leave the others out"),
        ),
        (
            "/v1/jobs/job-1/status",
            {"status": "done"},
            400,
            (
                "'status' is none of the words that are possible here",
                "write 'running', 'success' or 'failed'",
            ),
        ),
    ],
)
async def test_what_is_out_of_bounds_is_told_with_the_bound(ask, path, body, status, said):
    """A number, a list or a word that is not possible: what is, in words of people."""
    answer = await ask("POST", path, json=body)
    assert answer.status == status
    assert (answer.error["message"], answer.error["help"]) == said


async def test_a_completion_without_messages_is_a_bad_request(ask):
    """As at OpenAI, in whose shape it is said."""
    answer = await ask("POST", "/v1/chat/completions", json={"model": "clinic", "messages": []})
    assert answer.status == 400
    assert answer.json["error"]["message"] == "'messages' is empty; give at least 1"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"{", "the body is not JSON: it breaks off or goes wrong at line 1, column 2"),
        (b"text=hi", "the body is not JSON: it breaks off or goes wrong at line 1, column 1"),
        (b'{"text": "\xff"}', "the body is not UTF-8"),
        (b'{"metadata": NaN}', "NaN is not a number in JSON"),
        (b'{"metadata": -1e999}', "the body holds a number that is too large"),
        (b'{"metadata": %s}' % (b"9" * 5000), "the body holds a number that is too long"),
        (b'{"metadata": %s}' % (b"[" * 50000), "the body is nested too deep"),
        (b'{"text": "a", "text": "b"}', "'text' stands twice in the body"),
    ],
)
async def test_what_is_no_json_is_400(ask, raw, message):
    """A body that is no JSON, or no JSON that means one thing, is refused in words."""
    answer = await ask("POST", TURNS, data=raw)
    assert (answer.status, answer.error["code"]) == (400, "bad_request")
    assert answer.error["message"] == message


@pytest.mark.parametrize(
    ("label", "named"),
    [
        ("text/plain", "labelled 'text/plain'"),
        ("application/x-www-form-urlencoded", "labelled 'application/x-www-form-urlencoded'"),
        ("text/json; charset=utf-8", "labelled 'text/json; charset=utf-8'"),
        ("application/jsonp", "labelled 'application/jsonp'"),
        ("", "not labelled"),
    ],
)
async def test_a_body_that_is_not_labelled_as_json_is_415(ask, runner, label, named):
    """A page of another site can send JSON with any other label, so no other is read."""
    answer = await ask("POST", TURNS, data=b'{"text": "hi"}', headers={"Content-Type": label})
    assert (answer.status, answer.error["code"]) == (415, "not_json")
    assert answer.error["message"] == f"the body is {named}, and only JSON is read here"
    assert answer.error["help"] == "send the header Content-Type: application/json"
    assert runner.asked == []


async def test_a_body_that_nobody_reads_is_labelled_too(ask):
    """Whoever sends one must be able to label it, which a page of another site is not."""
    answer = await ask("POST", "/-/reload", data=b"x", headers={"Content-Type": "text/plain"})
    assert (answer.status, answer.error["code"]) == (415, "not_json")
    assert (await ask("POST", "/-/reload")).status == 200


@pytest.mark.parametrize("label", ["application/json", "Application/JSON; charset=UTF-8"])
async def test_the_label_of_json_has_one_name(ask, label):
    """Capitals and a charset make no difference, and a request without a body needs no label."""
    for data in (b'{"text": "hi"}', b""):
        answer = await ask("POST", TURNS, data=data, headers={"Content-Type": label})
        assert answer.status == 200
    assert (await ask("POST", TURNS)).status == 200


async def test_half_a_character_is_422(ask):
    """A lone surrogate cannot be said, sent or written."""
    answer = await ask("POST", TURNS, data=b'{"text": "\\ud800"}')
    assert (answer.status, answer.error["code"]) == (422, "out_of_bounds")


async def test_nesting_that_json_reads_but_nothing_else_does(ask):
    """Metadata nested some hundred levels deep gets an answer, never a 500."""
    for depth in (50, 200, 500, 900, 2000):
        answer = await ask(
            "POST", TURNS, data=b'{"metadata": %s1%s}' % (b"[" * depth, b"]" * depth)
        )
        assert answer.status in (200, 400), depth


async def test_a_byte_order_mark_is_no_mistake(ask):
    """What Windows tools write before JSON is passed over."""
    assert (await ask("POST", TURNS, data=b'\xef\xbb\xbf{"text": "hi"}')).status == 200


async def test_64_kb_is_the_limit(ask):
    """A body of exactly 64 KB is taken, one byte more is 413."""
    room = 65_536 - len(json.dumps({"text": ""}))
    assert (await ask.turn(text="x" * room)).status == 200
    answer = await ask.turn(text="x" * (room + 1))
    assert (answer.status, answer.error["code"]) == (413, "too_long")
    assert answer.error["message"] == "the body is longer than 64 KB"


async def test_a_megabyte_of_text_is_413_and_the_front_goes_on(ask, runner):
    """1 MB is refused without being read to its end, announced or in chunks."""

    async def chunks():
        for _ in range(64):
            yield b"x" * 16_384

    for data in (b"x" * 1_048_576, chunks()):
        answer = await ask("POST", TURNS, data=data)
        assert answer.status == 413
    assert (await ask.turn(text="still there?")).status == 200
    assert len(runner.asked) == 1


async def test_a_compressed_body_is_refused(ask):
    """Nothing is unpacked, so nothing small becomes large."""
    answer = await ask(
        "POST",
        TURNS,
        data=gzip.compress(b'{"text": "%s"}' % (b"x" * 60_000)),
        headers={"Content-Encoding": "gzip"},
    )
    assert (answer.status, answer.error["message"]) == (400, "a compressed body is not read here")


async def test_a_body_in_broken_pieces_is_400(front):
    """Pieces whose lengths are no numbers are refused in the same shape as any mistake."""
    reader, writer = await asyncio.open_connection(*front.address)
    head = f"POST {TURNS} HTTP/1.1\r\nHost: 127.0.0.1:{front.address[1]}\r\n"
    head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    writer.write(f"{head}\r\n5\r\n{{}}   \r\n".encode())
    await writer.drain()
    writer.write(b"zz\r\n")
    answer = await reader.readuntil(b"}}")
    assert b" 400 " in answer.split(b"\r\n")[0]
    assert b'{"error": {"code": "bad_request"' in answer
    writer.close()
    await writer.wait_closed()


async def begun(front):
    """A connection on which the body of a request breaks off."""
    reader, writer = await asyncio.open_connection(*front.address)
    head = f"POST {TURNS} HTTP/1.1\r\nHost: 127.0.0.1:{front.address[1]}\r\n"
    writer.write(f'{head}Content-Length: 100\r\n\r\n{{"text"'.encode())
    await writer.drain()
    return reader, writer


async def test_a_slow_client_is_let_go(runner):
    """A body that does not arrive in time is 408, and does nothing."""
    front = Front(runner, port=0, body_seconds=0.1)  # it never arrives: no clock is too slow
    await front.start()
    reader, writer = await begun(front)
    answer = await reader.readuntil(b"}}")
    assert b"408 Request Timeout" in answer
    assert b'"too_slow"' in answer
    writer.close()
    await front.stop()
    assert runner.asked == []


async def test_a_slow_client_holds_nobody_up(front, ask, runner):
    """Others are answered while its body is waited for."""
    _, writer = await begun(front)
    assert (await ask("GET", "/health")).status == 200
    writer.close()
    assert runner.asked == []


async def test_a_client_that_leaves_does_not_harm_its_dialogue(front, ask, runner):
    """Who hangs up while the agent answers can come back to the dialogue."""
    runner.gate.clear()
    _, writer = await asyncio.open_connection(*front.address)
    head = f"POST {TURNS} HTTP/1.1\r\nHost: 127.0.0.1:{front.address[1]}\r\n"
    head += "Content-Type: application/json\r\n"
    writer.write(f'{head}Content-Length: 14\r\n\r\n{{"text": "hi"}}'.encode())
    await runner.entered.wait()
    writer.close()
    await writer.wait_closed()
    runner.gate.set()
    assert (await ask.turn(text="mary", session_id="s-1")).status == 200
