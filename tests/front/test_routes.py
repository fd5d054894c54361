"""Every route, with what it answers."""

from __future__ import annotations

import asyncio
import json

import pytest

from runner.front.models.events import MessageEvent
from runner.front.port import CallLoad, DialogueError


async def test_a_dialogue_begins_with_its_greeting(ask, runner):
    """Without a session id a dialogue begins; without text the answer is the greeting alone."""
    for body in ({}, {"text": ""}, {"text": "  \n"}):
        answer = await ask.turn(**body)
        assert answer.status == 200
        assert answer.json["text"] == "Good day, this is Sunrise Dental. How can I help you?"
        assert [each["turn"] for each in answer.json["events"]] == [0]
        assert runner.asked[-1] == ("clinic", "", None, None, None)


async def test_a_body_may_be_left_out(ask):
    """A POST with nothing in it begins a dialogue."""
    assert (await ask("POST", "/v1/agents/clinic/turns")).status == 200


async def test_a_turn_has_all_that_the_contract_names(ask):
    """The answer holds what was said, what happened, what it took and how things stand."""
    first = (await ask.turn(text="An appointment please")).json
    assert first["text"].startswith("One moment")
    assert first["text"].endswith("a cleaning or a filling?")
    assert [each["type"] for each in first["events"]] == [
        "message", "message", "message", "tool_call", "tool_result", "handoff", "message",
    ]  # fmt: skip
    assert first["events"][5] == {
        "turn": 1, "type": "handoff", "from": "receptionist", "to": "booking",
    }  # fmt: skip
    assert set(first["events"][0]) == {"turn", "type", "role", "persona", "text"}
    assert first["usage"] == {"input_tokens": 40, "output_tokens": len(first["text"]) // 4}
    assert first["ended"] is False
    assert first["release"] == "r-7f3a9c21"
    assert first["persona"] == "booking"
    assert first["variables"]["treatments"] == []
    second = (await ask.turn(text="a cleaning", session_id=first["session_id"])).json
    assert second["session_id"] == first["session_id"]
    assert second["variables"]["treatments"] == [{"treatment": "cleaning", "teeth": 1}]
    assert {each["turn"] for each in second["events"]} == {2}


def test_what_speech_recognition_tells_is_there_where_it_told_it():
    """`confidence` and its like are left out where they are unknown, as in `lkrun chat`."""
    plain = {"turn": 1, "type": "message", "role": "user", "persona": None, "text": "Hello."}
    for event in (plain, plain | {"confidence": 0.5, "start": 0.0}):
        assert json.loads(MessageEvent.model_validate(event).model_dump_json()) == event


async def test_latency_is_measured(ask, runner):
    """`latency_ms` is the time that the runner took."""
    runner.gate.clear()
    asking = asyncio.create_task(ask.turn())
    await runner.entered.wait()
    loop = asyncio.get_running_loop()
    loop.call_later(0.05, runner.gate.set)
    assert 40 <= (await asking).json["latency_ms"] < 5000


async def test_variables_and_metadata_reach_a_new_dialogue(ask, runner):
    """At the beginning both are handed to the runner as they are."""
    answer = await ask.turn(text="hi", variables={"patient_name": "Mary"}, metadata=[1, {"a": 2.5}])
    assert answer.json["variables"]["patient_name"] == "Mary"
    assert runner.asked[-1] == ("clinic", "hi", None, {"patient_name": "Mary"}, [1, {"a": 2.5}])


async def test_keys_are_pressed_in_place_of_a_text(ask, runner):
    """Keys reach the runner; what is no key, and keys beside a text, are refused."""
    first = await ask.turn(keypad="12#")
    assert (first.status, runner.keys) == (200, "12#")
    session = first.json["session_id"]
    assert (await ask.turn(keypad="*", session_id=session)).status == 200
    assert runner.keys == "*"
    for fields in ({"keypad": "abc"}, {"keypad": ""}, {"keypad": "1", "text": "hi"}):
        assert (await ask.turn(**fields)).status == 400
    assert (await ask.turn(keypad="1" * 65)).status == 422


async def test_a_last_turn_says_so(ask):
    """A dialogue that its agent ends is marked, and refuses the next turn with 409."""
    last = (await ask.turn(text="goodbye")).json
    assert last["ended"] is True
    refused = await ask.turn(text="one more", session_id=last["session_id"])
    assert refused.status == 409
    assert refused.error == {
        "code": "ended", "message": "this dialogue has ended", "help": "begin a new one",
    }  # fmt: skip


async def test_a_hundred_turns_at_once(ask, runner):
    """A hundred dialogues begin at the same time, each with its own id."""
    runner.gate.clear()
    asking = [asyncio.create_task(ask.turn(text=f"hello {n}")) for n in range(100)]
    while len(runner.asked) < 100:
        runner.entered.clear()
        await runner.entered.wait()
    runner.gate.set()
    answers = await asyncio.gather(*asking)
    assert {each.status for each in answers} == {200}
    assert len({each.json["session_id"] for each in answers}) == 100


async def test_text_of_any_script_comes_back_whole(ask):
    """JSON is UTF-8 in both directions."""
    session = (await ask.turn()).json["session_id"]
    text = "Grüße, 你好, مرحبا 👋🏽 \u0000\u2028"
    answer = await ask.turn(text=text, session_id=session)
    assert answer.json["events"][0]["text"] == text
    assert "你好".encode() in answer.body
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_agents_are_listed(ask):
    """`GET /v1/agents` shows every agent of the release."""
    rows = (await ask("GET", "/v1/agents")).json
    assert [each["name"] for each in rows] == ["clinic", "hotel", "survey"]
    assert rows[2] == {
        "name": "survey", "description": None, "start": "interviewer", "mode": "text",
        "registered": True, "personas": ["interviewer"],
    }  # fmt: skip


async def test_sessions_are_listed_shown_and_ended(ask):
    """A dialogue is listed, shown with its events and variables, and gone once it was ended."""
    assert (await ask("GET", "/v1/sessions")).json == []
    name = (await ask.turn(text="my name is Mary")).json["session_id"]
    row = {
        "id": name, "agent": "clinic", "persona": "receptionist", "kind": "text",
        "release": "r-7f3a9c21", "started": "2026-03-02T08:20:00Z", "turns": 1,
    }  # fmt: skip
    assert (await ask("GET", "/v1/sessions")).json == [row]
    shown = (await ask("GET", f"/v1/sessions/{name}")).json
    assert {key: shown[key] for key in row} == row
    assert len(shown["events"]) == 3
    assert shown["variables"]["patient_name"] == "Mary"
    ended = await ask("DELETE", f"/v1/sessions/{name}")
    assert (ended.status, ended.body) == (204, b"")
    for method in ("GET", "DELETE"):
        gone = await ask(method, f"/v1/sessions/{name}")
        assert (gone.status, gone.error["code"]) == (404, "unknown_session")


async def test_health_and_readiness(ask, runner):
    """`/health` is 200 while the front answers; `/ready` says why not, and when to ask again."""
    assert (await ask("GET", "/health")).json == {"status": "ok"}
    assert (await ask("GET", "/ready")).json == {"status": "ready"}
    runner.calls_now = CallLoad(40, 40, full=True)
    assert (await ask("GET", "/ready")).json == {
        "status": "ready", "calls": 40, "max_calls": 40, "full": True,
    }  # fmt: skip
    runner.why_not_ready = "'hotel' is not registered with LiveKit yet"
    assert (await ask("GET", "/health")).status == 200
    waiting = await ask("GET", "/ready")
    assert waiting.status == 503
    assert waiting.error["message"] == "'hotel' is not registered with LiveKit yet"
    assert int(waiting.headers["Retry-After"]) > 0


async def test_the_served_release(ask, runner):
    """`GET /-/release` names the release; before there is one it is 503."""
    assert (await ask("GET", "/-/release")).json["id"] == "r-7f3a9c21"
    runner.release = {}
    nothing = await ask("GET", "/-/release")
    assert (nothing.status, nothing.error["code"]) == (503, "not_ready")


async def test_what_the_page_needs(ask, runner):
    """The page's data has a LiveKit Meet link an agent where LiveKit is configured, else none."""
    data = (await ask("GET", "/-/page.json")).json
    assert data["livekit"] is None
    assert {each["meet"] for each in data["agents"]} == {None}
    assert data["agents"][0]["suggestions"][0] == "Are you open on Saturday?"
    assert "first_slot" in data["agents"][0]["variables"]
    assert (data["folder"]["broken"], data["dev"]) == (False, False)
    runner.livekit_url = "wss://example.livekit.cloud"
    data = (await ask("GET", "/-/page.json")).json
    assert data["livekit"] == "wss://example.livekit.cloud"
    assert all(each["meet"].startswith("https://meet.livekit.io/") for each in data["agents"])


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html"), ("/-/page.css", "text/css"), ("/-/page.js", "text/javascript")],
)
async def test_the_page_brings_all_it_needs(ask, path, kind):
    """The page and its files are served as UTF-8 and name nothing outside."""
    answer = await ask("GET", path)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    text = answer.body.decode()
    for outside in ("https://", "http://", "//cdn", "@import", "innerHTML", "eval("):
        assert outside not in text.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    ("code", "status", "patience"),
    [
        ("agent_unavailable", 503, True),
        ("full", 503, True),
        ("draining", 503, True),
        ("too_many_requests", 429, True),
        ("bad_request", 400, False),
        ("out_of_bounds", 422, False),
        ("unknown_session", 404, False),
    ],
)
async def test_what_the_runner_refuses_has_a_status(ask, runner, code, status, patience):
    """Each code of the runner has its status; where waiting helps, Retry-After says how long."""
    runner.refuses = DialogueError(code, "not now", "later")
    answer = await ask.turn()
    assert answer.status == status
    assert answer.error == {"code": code, "message": "not now", "help": "later"}
    assert ("Retry-After" in answer.headers) is patience


async def test_an_unknown_agent_is_told_which_there_are(ask):
    """404 names the agents, and the nearest one first."""
    answer = await ask.turn("clinik")
    assert answer.status == 404
    assert answer.error["code"] == "unknown_agent"
    assert answer.error["help"] == "did you mean 'clinic'? agents here: clinic, hotel, survey"
    assert (await ask.turn("zzz")).error["help"] == "agents here: clinic, hotel, survey"


async def test_head_answers_as_get_without_a_body(ask):
    """HEAD works where GET does."""
    answer = await ask("HEAD", "/health")
    assert (answer.status, answer.body) == (200, b"")


async def test_a_reload_answers_with_what_came_of_it(ask, runner):
    """`POST /-/reload` gives result, release and diagnostics; also when the files are rejected."""
    reply = await ask("POST", "/-/reload")
    assert (reply.status, reply.json["result"], reply.json["changes"]) == (
        200,
        "unchanged",
        [],
    )
    place = {"line": 3, "column": 5, "end_line": 3, "end_column": 9}
    mistake = {"severity": "error", "code": "E101", "file": "a.yaml", **place}
    mistake |= {"message": "unknown key 'x'", "help": None, "related": []}
    runner.reloaded |= {"result": "rejected", "diagnostics": [mistake]}
    reply = await ask("POST", "/-/reload")
    assert (reply.status, reply.json["diagnostics"]) == (200, [mistake])
    runner.refuses = DialogueError("draining", "the runner is shutting down")
    reply = await ask("POST", "/-/reload")
    assert (reply.status, reply.json["error"]["code"]) == (503, "draining")


async def test_another_page_cannot_ask_for_a_reload(ask):
    """A web page of somebody else's in the same browser is refused."""
    reply = await ask("POST", "/-/reload", headers={"Origin": "https://evil.example"})
    assert (reply.status, reply.json["error"]["code"]) == (403, "wrong_origin")


async def test_prometheus_reads_its_text_format(ask):
    """`GET /metrics` says of which version of the format it is."""
    reply = await ask("GET", "/metrics")
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_a_spoken_dialogue_says_where_its_sound_is(ask, runner, tmp_path):
    """`audio` begins one in which both speak; its sound is a WAV file at its session."""
    runner.sound_ms, runner.sound_file = 5320, tmp_path / "talk.wav"
    runner.sound_file.write_bytes(b"RIFF and so on")
    turn = (await ask.turn(text="hello", audio=True)).json
    assert runner.audio is True
    assert turn["audio"] == {
        "url": f"/v1/sessions/{turn['session_id']}/audio", "duration_ms": 5320,
    }  # fmt: skip
    answer = await ask("GET", turn["audio"]["url"])
    assert (answer.status, answer.body) == (200, b"RIFF and so on")
    assert answer.headers["Content-Type"] == "audio/wav"
    part = await ask("GET", turn["audio"]["url"], headers={"Range": "bytes=0-3"})
    assert (part.status, part.body) == (206, b"RIFF")


async def test_a_dialogue_by_text_has_no_sound(ask):
    """It says so, and there is nothing at its address."""
    turn = (await ask.turn(text="hello")).json
    assert turn["audio"] is None
    answer = await ask("GET", f"/v1/sessions/{turn['session_id']}/audio")
    assert (answer.status, answer.error["code"]) == (404, "unknown_session")


async def test_whether_both_speak_is_said_at_the_beginning(ask):
    """A dialogue by text cannot become a spoken one."""
    first = (await ask.turn(text="hello")).json
    answer = await ask.turn(text="again", session_id=first["session_id"], audio=True)
    assert answer.status == 400
    assert answer.error["message"] == "'audio' can only be given when a dialogue begins"
