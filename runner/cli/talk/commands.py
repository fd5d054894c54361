"""What a person may ask of lkrun in a conversation on a terminal: lines that begin with a slash."""

from __future__ import annotations

import json
from collections.abc import Mapping

from runner.diagnostics.nearest import did_you_mean
from runner.schema.types.pressed import LONGEST, PRESSED

COMMANDS: Mapping[str, str] = {
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
    if not line.lstrip().startswith("{"):
        return None
    try:
        written = json.loads(line)
    except (ValueError, RecursionError):
        return None
    keys = written.get("keypad") if isinstance(written, dict) and len(written) == 1 else None
    return keys if isinstance(keys, str) else None


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
