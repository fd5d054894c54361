"""How a conversation looks through a pipe, to a program, to a screen reader."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncGenerator, Mapping
from typing import IO, Any, Protocol

from runner.cli.talk import stdin
from runner.cli.talk.commands import keys_in_json, tap_in_json
from runner.cli.talk.words import UNKNOWN, cut, one_line, written
from runner.session.lines import line_of

LONGEST = 64 * 1024
"""Characters of one turn; what is longer is cut."""


class Talk(Protocol):
    """What a view asks of a conversation."""

    @property
    def variables(self) -> Mapping[str, Any]:
        """Variables as they are now; private ones masked."""
        ...

    @property
    def persona(self) -> str:
        """Who speaks."""
        ...


class Interrupted(Exception):  # noqa: N818 - the caller leaves, which is no error
    """The caller pressed Ctrl-C, and had written nothing."""


class ChatView(Protocol):
    """Shows events and brings what the caller writes."""

    commands: bool
    """Whether a line that begins with a slash is for lkrun, and not for the agent."""

    def event(self, event: dict[str, Any]) -> None:
        """Show an event."""
        ...

    def keys(self, line: str) -> str | None:
        """The keys that a line presses; None for what is said to the agent."""
        ...

    def tap(self, line: str) -> tuple[str, dict[str, Any]] | None:
        """What a line does in the caller's app; None for what is said to the agent."""
        ...

    def lines(self, talk: Talk) -> AsyncGenerator[str, None]:
        """What the caller writes, a turn at a time, until the end of input.

        Raises:
            Interrupted: Ctrl-C was pressed.
        """
        ...

    def busy(self, talk: Talk | None) -> None:
        """Show that the agent answers, or no longer does."""
        ...

    def after_turn(self, talk: Talk) -> None:
        """Show what a turn has changed."""
        ...

    def interrupted(self) -> None:
        """Say that the caller left with Ctrl-C."""
        ...

    def say(self, words: str) -> None:
        """Show words of lkrun's own."""
        ...

    def notice(self, event: dict[str, Any], words: str) -> None:
        """Show what happened beside the talk."""
        ...


async def _spoken() -> AsyncGenerator[str, None]:
    async for line in stdin.lines():
        if line.strip():
            yield line[:LONGEST]


class JsonView:
    """An object a line, as `cli.md` has it."""

    commands = False

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def event(self, event: dict[str, Any]) -> None:
        """Write it."""
        self._out.write(json.dumps(event, ensure_ascii=False) + "\n")
        self._out.flush()

    def keys(self, line: str) -> str | None:
        """Those of `{"keypad": "12#"}`."""
        return keys_in_json(line)

    def tap(self, line: str) -> tuple[str, dict[str, Any]] | None:
        """That of `{"app": "choose_dish", "with": {"dish": "soup"}}`."""
        return tap_in_json(line)

    def lines(self, talk: Talk) -> AsyncGenerator[str, None]:  # noqa: ARG002 - a view's signature
        """Lines of the input."""
        return _spoken()

    def busy(self, talk: Talk | None) -> None:
        """Nothing: who waits for an event waits."""

    def after_turn(self, talk: Talk) -> None:
        """Nothing: the events say all."""

    def interrupted(self) -> None:
        """Nothing: the `end` event says so."""

    def say(self, words: str) -> None:
        """Nothing: words are for people."""

    def notice(self, event: dict[str, Any], words: str) -> None:  # noqa: ARG002 - a view's signature
        """Write the object."""
        self.event(event)


class PlainView:
    """Lines of text, for a pipe or a screen reader."""

    def __init__(self, out: IO[str], *, commands: bool) -> None:
        self._out = out
        self._known: dict[str, Any] = {}
        self.commands = commands

    def write(self, kind: str, line: str) -> None:  # noqa: ARG002 - a screen colours by the kind
        """Write a line."""
        self._out.write(line + "\n")
        self._out.flush()

    def event(self, event: dict[str, Any]) -> None:
        """Write it as a line; the caller's own words are on the screen already."""
        line = line_of(event)
        if line is not None:
            self.write(event["type"], line)

    def keys(self, line: str) -> str | None:  # noqa: ARG002 - a view's signature
        """None: on a terminal they are a command."""
        return None

    def tap(self, line: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG002 - as above
        """None: on a terminal it is a command."""
        return None

    def lines(self, talk: Talk) -> AsyncGenerator[str, None]:
        """Lines of the input."""
        self.begin(talk)
        return _spoken()

    def begin(self, talk: Talk) -> None:
        """Write the variables that a conversation begins with."""
        self._known = {}
        self.after_turn(talk)

    def busy(self, talk: Talk | None) -> None:
        """Nothing: what is written comes when it comes."""

    def after_turn(self, talk: Talk) -> None:
        """Write the variables that have changed."""
        now = {n: v for n, v in talk.variables.items() if v is not None}
        for name, value in now.items():
            if self._known.get(name) != value:
                self.write("variable", f"  {name} = {cut(one_line(written(value)))}")
        self._known = now

    def interrupted(self) -> None:
        """End the line on which the caller was."""
        self.write("", "")

    def say(self, words: str) -> None:
        """Write the words."""
        self.notice({"type": "variable"}, words)

    def notice(self, event: dict[str, Any], words: str) -> None:
        """Write the words."""
        for line in words.splitlines():
            self.write(event["type"], f"  {line}".rstrip())


def variable_lines(names: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """All variables of an agent, those without a value too.

    Args:
        names: those that are declared.
        known: the values that there are.
    """
    both = {**dict.fromkeys(names), **known}
    lines = [f"{name} = {one_line(written(value)) or UNKNOWN}" for name, value in both.items()]
    return "\n".join(lines) or "this agent has no variables"


def on_terminal() -> bool:
    """Whether a person sits at both ends."""
    return sys.stdin.isatty() and sys.stdout.isatty()
