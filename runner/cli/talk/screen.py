"""A conversation on a terminal: a line to write on that stays below what is said."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input import Input, create_input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import SimpleLexer
from prompt_toolkit.output import Output, create_output
from prompt_toolkit.patch_stdout import patch_stdout

from runner.cache import default_folder
from runner.cli.talk.commands import command_of, keys_of
from runner.cli.talk.views import LONGEST, Interrupted, PlainView
from runner.cli.talk.words import wrapped

if TYPE_CHECKING:
    from runner.cli.talk.views import Talk

_PROMPT = "you: "
_WELCOME = "Write to the agent; /help tells more, Ctrl-D leaves."
_STYLE = "fg:ansidefault"
"""The terminal's own; said to be a style, so that the space behind the prompt is written as one."""

_REMEMBERED = 64 * 1024
"""Bytes of the history that are kept over runs; the oldest lines go first."""


class ScreenView(PlainView):
    """A terminal: colours, words that wrap, editing, and a history over runs."""

    _COLOURS: ClassVar[dict[str, str]] = {
        "app": "\x1b[35m",
        "dial": "\x1b[35m",
        "end": "\x1b[2m",
        "event": "\x1b[35m",
        "handoff": "\x1b[35m",
        "intent": "\x1b[35m",
        "keypad": "\x1b[35m",
        "opt_out": "\x1b[35m",
        "transfer": "\x1b[35m",
        "sound": "\x1b[35m",
        "language": "\x1b[35m",
        "reload": "\x1b[33m",
        "message": "\x1b[1m",
        "tool_call": "\x1b[36m",
        "tool_result": "\x1b[36m",
        "variable": "\x1b[2m",
    }

    def __init__(self, *, bright: bool) -> None:
        super().__init__(sys.stdout, commands=True)
        self._bright = bright
        self._answering = ""
        self._welcomed = False
        self._session: PromptSession[str] = PromptSession(
            history=_history(),
            key_bindings=_keys(),
            input=_input(sys.stdin),
            output=_output(),
            lexer=SimpleLexer(_STYLE),
        )

    def write(self, kind: str, line: str) -> None:
        """Write a line in its colour, above the line that is being typed."""
        width = self._session.output.get_size().columns
        pieces = "\n".join(wrapped(line, width, hang=4 if line.startswith("  ") else 2))
        # not the stream of the beginning: while a line is typed, another one stands in its place
        sys.stdout.write(self._coloured(kind, pieces) + "\n")
        sys.stdout.flush()

    def _coloured(self, kind: str, text: str) -> str:
        colour = self._COLOURS.get(kind, "") if self._bright else ""
        if not colour:
            return text
        if kind == "message":  # only who speaks
            speaker, colon, words = text.partition(": ")
            return f"{colour}{speaker}{colon}\x1b[0m{words}"
        return f"{colour}{text}\x1b[0m"

    async def lines(self, talk: Talk) -> AsyncGenerator[str, None]:
        """What is typed; several pasted lines are one turn, and what is typed meanwhile waits."""
        if not self._welcomed:
            self._welcomed = True
            self.write("variable", _WELCOME)
        self.begin(talk)
        typed: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        # between two prompts too: see _input
        with patch_stdout(raw=True), self._session.input.raw_mode():
            reading = asyncio.get_running_loop().create_task(self._read(typed))
            try:
                while (line := await typed.get()) is not None:
                    if isinstance(line, Exception):
                        raise line
                    yield line[:LONGEST]
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _read(self, typed: asyncio.Queue[str | Exception | None]) -> None:
        while True:
            try:
                line = await self._session.prompt_async(self._prompt)
            except EOFError:
                typed.put_nowait(None)
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, who waits for a line has to know
                typed.put_nowait(error)
                return
            if line.strip():
                typed.put_nowait(line)

    def _prompt(self) -> StyleAndTextTuples:
        line: StyleAndTextTuples = [(_STYLE, _PROMPT)]
        if self._answering:
            line.insert(0, ("ansibrightblack" if self._bright else "", f"  {self._answering} …\n"))
        return line

    def busy(self, talk: Talk | None) -> None:
        """Tell above the line that the agent answers."""
        self._answering = talk.persona if talk is not None else ""
        self._session.app.invalidate()


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("c-c")
    @keys.add("<sigint>")
    def leave(event: KeyPressEvent) -> None:
        """Clear a half-written line; leave where there is none."""
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=Interrupted())

    return keys


def _input(stream: TextIO) -> Input:
    """A keyboard that is never given back to the terminal, which would swallow a Ctrl-D.

    prompt_toolkit does so for a moment whenever something is written above the line.
    """
    keyboard = create_input(stream)
    keyboard.cooked_mode = contextlib.nullcontext  # type: ignore[method-assign]  # nothing reads there
    return keyboard


def _output() -> Output:
    output = create_output(sys.stdout)
    # nobody needs to know where the cursor is, and not every terminal answers
    with contextlib.suppress(AttributeError):
        output.enable_cpr = False  # type: ignore[attr-defined]  # only those that ask have it
    return output


class _History(FileHistory):
    """What was said; keys are not kept, since they may be a PIN."""

    def store_string(self, string: str) -> None:
        """Keep a line."""
        command = command_of(string)
        if command is None or keys_of(command) is None:
            super().store_string(string)


def _history() -> History:
    """What was written in earlier runs; readable by its owner alone."""
    folder = default_folder()
    if folder is None:
        return InMemoryHistory()
    file = Path(folder, "chat-history")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
        text = file.read_bytes()
        if len(text) > _REMEMBERED:  # each entry begins with a line of its own, `# time`
            _, _, recent = text[-_REMEMBERED:].partition(b"\n\n")
            file.write_bytes(b"\n" + recent)
    except OSError:
        return InMemoryHistory()
    return _History(str(file))
