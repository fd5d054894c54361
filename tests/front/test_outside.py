"""What is asked of an agent from outside of its calls."""

import pytest

from runner.front.port import DialogueError


async def test_an_intent_is_told(ask):
    """What a text means, and who was asked."""
    answer = await ask("POST", "/agent/intent", json={"agent": "clinic", "text": "a person"})
    intent = {"intent": "wants_human", "persona": "receptionist", "actions": []}
    assert (answer.status, answer.json) == (200, intent)
    answer = await ask("POST", "/agent/intent", json={"agent": "clinic", "text": "x"})
    assert answer.json["intent"] is None


async def test_a_tool_is_used(ask, runner):
    """With its arguments, in a session or in none."""
    session = (await ask.turn()).json["session_id"]
    body = {"agent": "clinic", "tool": "find", "arguments": {"a": [1]}, "session_id": session}
    answer = await ask("POST", "/agent/call-api", json=body)
    assert (answer.status, answer.json["output"]) == (200, "9:30")
    assert runner.asked[-1] == ("clinic", "find", {"a": [1]}, session)


TEXT = {"agent": "clinic", "text": "x"}
TOOL = {"agent": "clinic", "tool": "find"}


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("intent", {}, (400, "'agent' is missing")),
        ("intent", {"agent": "clinic"}, (400, "'text' is missing")),
        ("intent", TEXT | {"text": ""}, (422, "'text' is empty")),
        ("intent", TEXT | {"text": 5}, (400, "'text' must be text")),
        ("intent", TEXT | {"agent": "x" * 201}, (422, "'agent' is longer than 200 characters")),
        ("intent", TEXT | {"agent": "clinik"}, (404, "there is no agent 'clinik'")),
        ("intent", TEXT | {"session_id": "gone"}, (404, "there is no dialogue 'gone'")),
        ("intent", TEXT | {"txt": 1}, (400, "unknown field 'txt'")),
        ("call-api", {"agent": "clinic"}, (400, "'tool' is missing")),
        ("call-api", TOOL | {"arguments": []}, (400, "'arguments' must be an object")),
        ("call-api", TOOL | {"url": "http://x"}, (400, "unknown field 'url'")),
        ("call-api", TOOL | {"agent": ""}, (422, "'agent' is empty")),
        ("call-api", TOOL | {"tool": "x" * 70_000}, (413, "the body is longer than 64 KB")),
    ],
)
async def test_each_field_has_its_message(ask, path, body, error):
    """What is wrong is told."""
    answer = await ask("POST", f"/agent/{path}", json=body)
    assert (answer.status, answer.error["message"]) == error


@pytest.mark.parametrize(("code", "status"), [("ended", 409), ("agent_unavailable", 503)])
async def test_what_the_runner_refuses_is_answered(ask, runner, code, status):
    """By its code."""
    runner.refuses = DialogueError(code, "no")
    for path, body in (("intent", TEXT), ("call-api", TOOL)):
        assert (await ask("POST", f"/agent/{path}", json=body)).status == status
