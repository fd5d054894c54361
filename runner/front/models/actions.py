"""One action of the language, as JSON."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, JsonValue

from runner.front.models.base import RequestBody


def _one(description: str, alias: str | None = None) -> Any:
    """What one key of an action holds; the language says what may stand in it."""
    return Field(default=None, description=description, alias=alias)


class ActionRequest(RequestBody):
    """One action: one key that says what is done, and what goes with it.

    Its texts are templates, as in a file, and it is checked as there.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"say": "Your table is ready."}]},
    )

    say: JsonValue = _one("Words for the caller, spoken exactly")
    instructions: JsonValue = _one("What the model should say now, in its own words")
    play: JsonValue = _one("A sound")
    set: JsonValue = _one("Variable → value")
    tool: JsonValue = _one("The name of a tool that is run without the model")
    app: JsonValue = _one("A method of the caller's app")
    must_call: JsonValue = _one("A tool that the model's next reply begins with a call of")
    ask_again: JsonValue = _one("The name of a need: it is forgotten and asked for once more")
    handoff: JsonValue = _one("The persona that takes over, or back")
    press_keys: JsonValue = _one("Keys of a telephone that the agent presses")
    transfer_call: JsonValue = _one("A person on the telephone takes the call over: to, how, …")
    opt_out: JsonValue = _one("true: the caller's number is never called again")
    end_call: JsonValue = _one("true, or words said first")
    arguments: JsonValue = _one("Name → value, for a tool or a method of the app", "with")
    timeout: JsonValue = _one("The longest that the app may take, such as 5s")
    interruptible: JsonValue = _one("Whether the caller may interrupt what is said or played")
    condition: JsonValue = _one("Done only while this expression is true", "if")
