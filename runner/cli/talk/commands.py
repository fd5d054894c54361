"""What a person may ask of lkrun in a conversation on a terminal: lines that begin with a slash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from runner.diagnostics.nearest import did_you_mean
from runner.schema.types.pressed import LONGEST, PRESSED

COMMANDS: Mapping[str, str] = {
    "app": 'do something in the app, such as /app choose_dish {"dish": "soup"}',
    "again": "start the conversation again",
    "help": "tell these commands",
    "keys": "press keys of a telephone, such as /keys 12#",
    "quit": "leave",
    "vars": "tell what the agent knows",
}
"""Command → what it does."""


def command_of(line: str) -> str | None:
    """The command of a line; None for what is said to the agent, as a line with a space before."""
    return line[1:].strip() if line.startswith("/") else None


def keys_of(command: str) -> str | None:
    """The keys of the command `keys`; None for another command."""
    name, _, keys = command.partition(" ")
    return keys.strip() if name == "keys" else None


def keys_in_json(line: str) -> str | None:
    """The keys of a line `{"keypad": "12#"}`; None for what is said to the agent."""
    written = _json(line)
    keys = written.get("keypad") if isinstance(written, dict) and len(written) == 1 else None
    return keys if isinstance(keys, str) else None


def tap_of(command: str) -> tuple[str, dict[str, Any]] | str | None:
    """The method of the command `app`, and what is sent with it; None for another command.

    Returns:
        A text where it is no such thing: what is told.
    """
    name, _, rest = command.partition(" ")
    if name != "app":
        return None
    method, _, written = rest.strip().partition(" ")
    if not method:
        return 'write the method behind it, such as /app choose_dish {"dish": "soup"}'
    sent = _json(written) if written.strip() else {}
    if not isinstance(sent, dict):
        return f'what is sent is a JSON object, such as /app {method} {{"name": "value"}}'
    return method, sent


def tap_in_json(line: str) -> tuple[str, dict[str, Any]] | None:
    """That of a line `{"app": "choose_dish", "with": {…}}`; None for what is said to the agent."""
    written = _json(line)
    if not isinstance(written, dict) or not {"app"} <= set(written) <= {"app", "with"}:
        return None
    method, sent = written["app"], written.get("with", {})
    return (method, sent) if isinstance(method, str) and isinstance(sent, dict) else None


def _json(text: str) -> Any:
    """What stands in a line where that is JSON of an object; else None."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def wrong_keys(keys: str) -> str | None:
    """What is told of keys that cannot be pressed; None where they can."""
    odd = next((key for key in keys if key not in PRESSED and not key.isspace()), None)
    if odd is not None:
        return f"'{odd}' is not a key of a telephone; they are 0 to 9, * and #"
    if not keys.strip():
        return "write the keys behind it, such as /keys 12#"
    return None if len(keys) <= LONGEST else f"these are more than {LONGEST} keys"


def help_words() -> str:
    """All commands, a line each."""
    lines = [f"/{name}  {what}" for name, what in COMMANDS.items()]
    return "\n".join([*lines, "To say a line with a slash to the agent, put a space before it."])


def unknown_words(command: str) -> str:
    """What is told of a command that there is not."""
    near = did_you_mean(f"/{command}", [f"/{name}" for name in COMMANDS], noun="commands")
    said = f"there is no command /{command}" if command else "a command stands behind the slash"
    return f"{said}; {near}" if near else said
