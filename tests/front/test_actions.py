"""What others want done in a session, by HTTP."""

import pytest

from runner.front.models.actions import ActionRequest
from runner.front.port import DialogueError
from runner.schema.actions import ACTION_KEYS


def test_a_body_has_the_keys_of_the_language():
    """All keys of all actions, and no other."""
    known = {info.alias or name for name, info in ActionRequest.model_fields.items()}
    assert known == ACTION_KEYS


@pytest.fixture
async def session(ask):
    """A dialogue that has begun."""
    return (await ask.turn()).json["session_id"]


async def test_one_action_is_handed_on(ask, runner, session):
    """As it was sent: 204, without a body."""
    action = {"tool": "book", "with": {"slots": [1, {"a": None}]}, "if": "open_now"}
    answer = await ask("POST", f"/v1/sessions/{session}/actions", json=action)
    assert (answer.status, answer.body) == (204, b"")
    assert runner.acted == [(session, action)]


async def test_what_has_ended_takes_none(ask, session):
    """409 after the end."""
    await ask.turn(text="goodbye", session_id=session)
    answer = await ask("POST", f"/v1/sessions/{session}/actions", json={"say": "Wait."})
    assert (answer.status, answer.error["code"]) == (409, "ended")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"sya": "x"}, ("unknown field 'sya'", "did you mean 'say'?")),
        ({"say": "x", "wiht": {}}, ("unknown field 'wiht'", "did you mean 'with'?")),
        ({"condition": "x", "say": "y"}, ("unknown field 'condition'", None)),
        ([], ("the body must be a JSON object", 'write, for example, {"text": "hello"}')),
    ],
)
async def test_what_is_no_action_is_told(ask, runner, session, body, words):
    """Before anything is asked of the runner."""
    answer = await ask("POST", f"/v1/sessions/{session}/actions", json=body)
    assert answer.status == 400
    assert (answer.error["message"], answer.error["help"]) == words
    assert runner.acted == []


@pytest.mark.parametrize(
    ("code", "status"),
    [("bad_request", 400), ("out_of_bounds", 422), ("not_ready", 503), ("too_many_requests", 429)],
)
async def test_what_the_runner_refuses_is_answered(ask, runner, session, code, status):
    """By its code, with its words."""
    runner.refuses = DialogueError(code, "no", "do this")
    answer = await ask("POST", f"/v1/sessions/{session}/actions", json={"say": "x"})
    assert (answer.status, answer.error["message"], answer.error["help"]) == (
        status,
        "no",
        "do this",
    )
