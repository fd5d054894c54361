"""The log of a command that runs conversations here: plain lines on stderr."""

from __future__ import annotations

import logging
import sys
from typing import Final

import click

LOGGERS: Final = ("livekit", "asyncio")
"""What says nothing that a person who talks wants to know."""


def log_plainly(level: str) -> None:
    """Log in plain lines on stderr; a traceback is for `debug` only."""
    handler = _ToStderr()
    handler.setFormatter(_PlainFormatter(with_tracebacks=level == "debug"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in LOGGERS:
        logging.getLogger(name).setLevel(level.upper() if level == "debug" else "CRITICAL")


class _ToStderr(logging.Handler):
    """Writes to stderr as it is now: while a line is typed, another one stands in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(self.format(record), file=sys.stderr)


class _PlainFormatter(logging.Formatter):
    def __init__(self, *, with_tracebacks: bool) -> None:
        super().__init__("%(levelname)s: %(message)s")
        self.with_tracebacks = with_tracebacks

    def format(self, record: logging.LogRecord) -> str:
        if not self.with_tracebacks:
            record.exc_info = record.exc_text = None
        return super().format(record)
