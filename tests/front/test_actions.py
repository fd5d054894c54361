"""What others want done in a session, by HTTP."""

import pytest
from support.one_loop import fixture

from runner.front.models.actions import ActionRequest
from runner.front.port import DialogueError
from runner.front.talks_port import Tap
from runner.schema.actions import ACTION_KEYS


def test_a_body_has_the_keys_of_the_language():
    """All keys of all actions, and no other."""
    known = {info.alias or name for name, info in ActionRequest.model_fields.items()}
    assert known == ACTION_KEYS


@fixture
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


KNOWN = (
    "known here: app, ask_again, end_call, handoff, if, instructions, interruptible, must_call, "
    "opt_out, play, press_keys, say, set, timeout, tool, transfer_call, with"
)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"sya": "x"}, ("unknown field 'sya'", "did you mean 'say'?")),
        ({"say": "x", "wiht": {}}, ("unknown field 'wiht'", "did you mean 'with'?")),
        ({"condition": "x", "say": "y"}, ("unknown field 'condition'", KNOWN)),
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


async def test_a_turn_may_be_a_tap_in_the_app(ask, runner, session):
    """A method, with what is sent."""
    await ask.turn(session_id=session, app="choose", **{"with": {"dish": "soup"}})
    assert runner.tap == Tap("choose", {"dish": "soup"})
    await ask.turn(app="choose")
    assert runner.tap == Tap("choose", {})
    await ask.turn(text="hello")
    assert runner.tap is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"app": "a", "text": "b"}, "'app' cannot be given with 'text' or 'keypad'"),
        ({"app": "a", "keypad": "1"}, "'app' cannot be given with 'text' or 'keypad'"),
        ({"with": {}}, "'with' is what the app sends, and there is no 'app'"),
        ({"app": "a", "with": []}, "'with' must be an object"),
        ({"app": ""}, "'app' is empty"),
        ({"app": "a" * 65}, "'app' is longer than 64 characters"),
        ({"app": 1}, "'app' must be text"),
        ({"app": "a", "sent": {}}, "unknown field 'sent'"),
    ],
)
async def test_what_is_no_tap_is_told(ask, runner, body, words):
    """In words, before anything is done."""
    answer = await ask.turn(**body)
    assert (answer.status in (400, 422), answer.error["message"]) == (True, words)
    assert runner.asked == []
