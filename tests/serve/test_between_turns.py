"""What happens in a dialogue between two turns, and what can be read of it afterwards."""

from __future__ import annotations

import pytest
from support.waiting import until

from runner.front.port import DialogueError

pytestmark = pytest.mark.usefixtures("socket")


@pytest.fixture
def serve_changed(releases, changed):
    """Serve the folder with some words replaced."""

    def change(old, new):
        releases.swap(changed(old, new))

    return change


IDLE = "idle:\n      after: 100ms\n      say: Still there?\n      then:\n        end_call: Goodbye."
LIMITS = "limits:\n      max_duration: 300ms\n      farewell: Time is up."


async def test_who_is_silent_is_asked_where_somebody_hears_it(texts, calls, serve_changed):
    """With `idle` the prompts are told as they happen, and the end ends the dialogue at once."""
    serve_changed("limits:\n      max_calls: 2", IDLE)
    turn = await texts.turn("desk", "", None, None, None, idle=True)
    await until(lambda: not calls.all())
    shown = calls.past(turn.session_id).detail()
    assert [e["text"] for e in shown["events"] if e["type"] == "message"] == [
        "Welcome to the desk.",
        "Still there?",
        "Goodbye.",
    ]
    assert (shown["reason"], shown["events"][-1]["reason"]) == ("end_call", "end_call")


async def test_a_program_is_not_hurried(texts, calls, serve_changed):
    """Without `idle` a dialogue waits, as long as silence may last."""
    serve_changed("limits:\n      max_calls: 2", IDLE)
    opened = await texts.turn("desk", "", None, None, None, idle=True)
    quiet = await texts.turn("desk", "", None, None, None)
    await until(lambda: calls.past(opened.session_id))
    assert len(list(calls.get(quiet.session_id).events)) == 1


async def test_a_limit_ends_a_dialogue_at_once(texts, calls, serve_changed):
    """The farewell and the reason are there, though nobody has written anything."""
    serve_changed("limits:\n      max_calls: 2", LIMITS)
    turn = await texts.turn("desk", "", None, None, None)
    await until(lambda: not calls.all())
    shown = calls.past(turn.session_id).detail()
    assert [e.get("text") for e in shown["events"]] == ["Welcome to the desk.", "Time is up.", None]
    assert shown["reason"] == "max_duration"
    with pytest.raises(DialogueError, match="lasted as long as it may"):
        await texts.turn("desk", "hello", turn.session_id, None, None)


async def test_a_dialogue_that_is_ended_from_outside_was_left_by_its_caller(texts, calls, log):
    """Who ends a dialogue hangs up; it can be read afterwards, with its end."""
    turn = await texts.turn("desk", "i am mary", None, None, None)
    texts.end(calls.get(turn.session_id))
    shown = calls.past(turn.session_id).detail()
    assert shown["events"][-1] == {"turn": 1, "type": "end", "reason": "caller_left"}
    assert shown["variables"] == {"name": "mary"}
    assert log.named("session_ended")[0]["reason"] == "caller_left"


async def test_the_owner_is_told_why_a_model_failed(texts, serve_changed):
    """The caller hears that something went wrong, the owner why; the next turn is clean."""
    fails = "- when_caller_says: down\n          fail: the quota is used up\n"
    serve_changed("- when_caller_says: bye", f"{fails}        - when_caller_says: bye")
    first = await texts.turn("desk", "down", None, None, None)
    assert "something went wrong" in first.text
    assert first.failure == "the model 'brain' failed: the quota is used up"
    second = await texts.turn("desk", "hello", first.session_id, None, None)
    assert (second.text, second.failure) == ("I hear you.", None)


async def test_a_turn_names_its_first_event(texts):
    """The greeting is the first of all; a later turn goes on counting."""
    first = await texts.turn("desk", "hello", None, None, None)
    second = await texts.turn("desk", "hello", first.session_id, None, None)
    assert (first.first_event, second.first_event) == (1, len(first.events) + 1)
