"""The log: events for people or for programs, on stderr; LiveKit's own records pass through it."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import UTC, datetime
from typing import IO, Any, Final

from runner.diagnostics import render
from runner.egress.mask import Mask
from runner.secret import Secret
from runner.serve.floods import WINDOW, Floods

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}

_QUIET: Final = (
    "/",  # `py.warnings`, which begin with the path of some module
    "livekit::",  # the client's own account of every attempt to reconnect
    "livekit_",
    "event loop blocked",
    "no warmed process available",
    "failed to connect to livekit",
    "load_threshold in prod env",
    "process exiting",
    "process exited with non-zero exit code",
)
"""Warnings of LiveKit that lkrun tells in its own words, or that are no news here."""

_TELLING: Final = ("agent", "tool", "reason", "provider")
"""Fields that tell lines of one event apart."""

_VARYING: Final = re.compile(r"'[^']*'|\d+")
_SHOWN: Final = 200
"""Characters of a line by which its like is told."""

_LIBRARIES: Final = {"livekit": logging.INFO, "httpx": logging.WARNING, "httpcore": logging.WARNING}
_LKRUN: Final = "lkrun"
_TRACE: Final = "\nTraceback (most recent call last):"


class Log:
    """Writes events. Any thread may."""

    def __init__(
        self, level: str = "info", form: str = "text", stream: IO[str] | None = None
    ) -> None:
        """Take how much is told (`debug`, `info`, `warning`, `error`), and `text` or `json`."""
        self.level = LEVELS[level]
        self._json = form == "json"
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._floods = Floods()
        self._mask = Mask(())

    def hide(self, secrets: Iterable[Secret[str]]) -> None:
        """Never show these values."""
        self._mask = Mask(secrets)

    def event(
        self,
        name: str,
        words: str,
        *,
        level: str = "info",
        several_lines: bool = False,
        once: bool = False,
        **fields: Any,
    ) -> None:
        """Tell an event: `words` to people, `fields` to programs.

        Args:
            name: of the event.
            words: on one line, since they may hold what comes from outside.
            level: how grave it is.
            several_lines: the line breaks in the words are our own.
            once: it is no line of a flood, which `look` sums up.
            fields: all that is known of it.
        """
        if LEVELS[level] < self.level:
            return
        if not once and self._floods_with(level, _kind(name, words, fields), words):
            return
        now = datetime.now(UTC)
        if self._json:
            stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            data = {"ts": stamp, "level": level, "event": name, **fields}
            line = json.dumps(self._mask.data(data), ensure_ascii=False, default=str)
        else:
            mark = "" if level in ("info", "debug") else f"{level}: "
            text = self._mask.text(words)
            shown = _lines(text) if several_lines else render.printable(text)
            line = f"{now.astimezone():%H:%M:%S} {mark}{shown}"
        self._write(line)

    def look(self, *, all_of_them: bool = False) -> None:
        """Sum up what came too often; to be called every second or so, and once at the end."""
        with self._counting:
            floods = self._floods.ended(all_of_them=all_of_them)
        for flood in floods:
            words = f"... {flood.more:,} more like this in the last {WINDOW:g} s: {flood.words}"
            self.event(
                "more_like_this", words, level=flood.level, once=True,
                count=flood.more, seconds=WINDOW, message=flood.words,
            )  # fmt: skip

    def _floods_with(self, level: str, kind: Hashable, words: str) -> bool:
        """Count a grave line; says whether there were too many like it. Others are all written."""
        if LEVELS[level] < LEVELS["warning"]:
            return False
        self.look()
        with self._counting:
            return not self._floods.passes(kind, words[:_SHOWN], level)

    def _write(self, line: str) -> None:
        with self._lock:
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except (OSError, ValueError):  # nobody reads the log any more: that ends no call
                return

    def record(self, record: logging.LogRecord) -> None:
        """Tell a record of Python's logging: one line, without a traceback unless at `debug`."""
        words = record.getMessage()
        level = next((n for n, v in reversed(LEVELS.items()) if record.levelno >= v), "debug")
        if LEVELS[level] >= self.level and self._floods_with(level, _kind_of(record), words):
            return
        if record.exc_info and record.exc_info[1] is not None:
            words += f"{_TRACE}\n{logging.Formatter().formatException(record.exc_info)}"
        if self.level > logging.DEBUG:
            words = _without_trace(words)
        traced = self.level <= logging.DEBUG
        name = record.name
        self.event(
            "log", words, level=level, several_lines=traced, once=True, logger=name, message=words
        )


def _kind(name: str, words: str, fields: Mapping[str, Any]) -> Hashable:
    """What lines have in common that tell the same: not the session, the room, or a number."""
    known = tuple(fields.get(each) for each in _TELLING)
    return (name, *known) if any(known) else (name, _VARYING.sub("", words))


def _kind_of(record: logging.LogRecord) -> Hashable:
    text = str(record.msg)
    return record.name, text if record.args else _VARYING.sub("", text)


def _lines(text: str) -> str:
    """Several lines, none of which can be taken for an event of its own."""
    first, *more = text.split("\n")
    indented = (line if not line or line.startswith(" ") else f"  {line}" for line in more)
    return "\n".join(map(render.printable, [first, *indented]))


def _without_trace(words: str) -> str:
    """The message, and what was raised; a traceback is for those who ask for `debug`."""
    message, trace, lines = words.partition(_TRACE)
    if not trace:
        return message
    last = next((line for line in reversed(lines.splitlines()) if line.strip()), "")
    return f"{message.strip()}: {last.strip()}" if last else message


class Handler(logging.Handler):
    """Brings records of Python's logging into the log."""

    def __init__(self, log: Log) -> None:
        """Take the log."""
        super().__init__()
        self._log = log
        self.listeners: list[Callable[[logging.LogRecord], None]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Tell a record, unless lkrun tells it in its own words."""
        for listener in self.listeners:
            listener(record)
        ours = record.name.split(".")[0] == _LKRUN
        if self._log.level > logging.DEBUG:
            if not ours and record.levelno < logging.WARNING:
                return
            if record.getMessage().startswith(_QUIET):
                return
        self._log.record(record)


def route(log: Log) -> Handler:
    """Send all of Python's logging through the log; returns the handler, to listen to it."""
    handler = Handler(log)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.DEBUG if log.level <= logging.DEBUG else logging.INFO)
    for name, level in _LIBRARIES.items():
        logging.getLogger(name).setLevel(
            logging.DEBUG if log.level <= logging.DEBUG and name == "livekit" else level
        )
    logging.captureWarnings(capture=True)
    for name in ("aiohttp.access", "asyncio", "watchfiles"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return handler
