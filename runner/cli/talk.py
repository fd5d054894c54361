"""How a conversation looks: to a person on a terminal, through a pipe, to a program."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Mapping
from typing import IO, Any, ClassVar, Protocol

from runner.cli import keyboard
from runner.session.lines import line_of, shortened

_PROMPT = "you: "

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


class ChatView(Protocol):
    """Shows events and brings what the caller writes."""

    def event(self, event: dict[str, Any]) -> None:
        """Show an event; may be called from another thread."""
        ...

    def lines(self, talk: Talk) -> AsyncIterator[str]:
        """What the caller writes, a turn at a time, until the end of input."""
        ...

    def after_turn(self, talk: Talk) -> None:
        """Show what a turn has changed."""
        ...

    def interrupted(self) -> None:
        """Say that the caller left with Ctrl-C."""
        ...

    def notice(self, event: dict[str, Any], words: str) -> None:
        """Show what happened beside the talk; may be called from another thread."""
        ...


async def _piped() -> AsyncIterator[str]:
    async for line in keyboard.piped():
        if line.strip():
            yield line[:LONGEST]


class JsonView:
    """An object a line, as `cli.md` has it."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._lock = threading.Lock()

    def event(self, event: dict[str, Any]) -> None:
        """Write it."""
        with self._lock:
            self._out.write(json.dumps(event, ensure_ascii=False) + "\n")
            self._out.flush()

    def lines(self, talk: Talk) -> AsyncIterator[str]:  # noqa: ARG002 - a view's signature
        """Lines of the input."""
        return _piped()

    def after_turn(self, talk: Talk) -> None:
        """Nothing: the events say all."""

    def interrupted(self) -> None:
        """Nothing: the `end` event says so."""

    def notice(self, event: dict[str, Any], words: str) -> None:  # noqa: ARG002 - a view's signature
        """Write the object."""
        self.event(event)


class PlainView:
    """Lines of text, for a pipe or a screen reader."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._known: dict[str, Any] = {}

    def write(self, line: str) -> None:
        """Write a line."""
        with self._lock:
            self._out.write(line + "\n")
            self._out.flush()

    def event(self, event: dict[str, Any]) -> None:
        """Write it as a line; the caller's own words are on the screen already."""
        line = line_of(event)
        if line is not None:
            self.write(self.decorate(event["type"], line))

    def decorate(self, kind: str, line: str) -> str:  # noqa: ARG002 - `ScreenView` colours by the kind
        """How a line looks."""
        return line

    def lines(self, talk: Talk) -> AsyncIterator[str]:
        """Lines of the input."""
        self.after_turn(talk)
        return _piped()

    def after_turn(self, talk: Talk) -> None:
        """Write the variables that have changed."""
        now = {n: v for n, v in talk.variables.items() if v is not None}
        for name, value in now.items():
            if self._known.get(name) != value:
                self.write(self.decorate("variable", f"  {name} = {shortened(value)}"))
        self._known = now

    def interrupted(self) -> None:
        """End the line on which the caller was."""
        self.write("")

    def notice(self, event: dict[str, Any], words: str) -> None:
        """Write the words."""
        lines = (f"  {line}".rstrip() for line in words.splitlines())
        self.write("\n".join(self.decorate(event["type"], line) for line in lines))


class ScreenView(PlainView):
    """A terminal: colours, a prompt, editing with the arrow keys and a history."""

    _COLOURS: ClassVar[dict[str, str]] = {
        "end": "\x1b[2m",
        "handoff": "\x1b[35m",
        "reload": "\x1b[33m",
        "message": "\x1b[1m",
        "tool_call": "\x1b[36m",
        "tool_result": "\x1b[36m",
        "variable": "\x1b[2m",
    }

    def __init__(self, out: IO[str], *, bright: bool) -> None:
        super().__init__(out)
        self._bright = bright
        self._typing = True

    def decorate(self, kind: str, line: str) -> str:
        """Colour a line by the kind of its event; of a message only who speaks."""
        colour = self._COLOURS.get(kind, "") if self._bright else ""
        if not colour:
            return line
        if kind == "message":
            speaker, colon, words = line.partition(": ")
            return f"{colour}{speaker}{colon}\x1b[0m{words}"
        return f"{colour}{line}\x1b[0m"

    async def lines(self, talk: Talk) -> AsyncIterator[str]:
        """What is typed; several pasted lines are one turn."""
        self.write(self.decorate("variable", "Write to the agent; leave with Ctrl-D."))
        self.after_turn(talk)
        async for line in keyboard.lines(_PROMPT):
            if line.strip():
                self._typing = False
                yield line[:LONGEST]
            self._typing = True
        self._typing = False
        self.write("")

    def notice(self, event: dict[str, Any], words: str) -> None:
        """Write the words above the line that is being typed."""
        if not self._typing:
            super().notice(event, words)
            return
        with self._lock:
            self._out.write("\r\x1b[K")
        super().notice(event, words)
        with self._lock:
            self._out.write(_PROMPT + keyboard.typed())
            self._out.flush()
