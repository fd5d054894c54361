"""What a person may ask of lkrun in a conversation on a terminal: lines that begin with a slash."""

from __future__ import annotations

from collections.abc import Mapping

from runner.diagnostics.nearest import did_you_mean

COMMANDS: Mapping[str, str] = {
    "again": "begin the conversation anew",
    "help": "tell these commands",
    "quit": "leave",
    "vars": "tell what the agent knows",
}
"""Command → what it does."""


def command_of(line: str) -> str | None:
    """The command of a line; None for what is said to the agent, as a line with a space before."""
    return line[1:].strip() if line.startswith("/") else None


def help_words() -> str:
    """All commands, a line each."""
    lines = [f"/{name}  {what}" for name, what in COMMANDS.items()]
    return "\n".join([*lines, "To say a line with a slash to the agent, put a space before it."])


def unknown_words(command: str) -> str:
    """What is told of a command that there is not."""
    near = did_you_mean(f"/{command}", [f"/{name}" for name in COMMANDS], noun="commands")
    said = f"there is no command /{command}" if command else "a command stands behind the slash"
    return f"{said}; {near}" if near else said
