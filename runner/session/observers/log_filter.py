"""LiveKit's log without tracebacks: what matters to an author lkrun says itself, in plain words."""

from __future__ import annotations

import logging

from livekit.agents import APIError

_SAID_BY_US = (
    "ToolError while executing tool",
    "exception occurred while executing tool",
    # it is not lost: `observers/overheard.py`
    "skipping reply to user input, current speech generation cannot be interrupted",
)


class _Plain(logging.Filter):
    """Lowers records with a traceback to debug, and takes the traceback out."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info or record.stack_info or record.msg in _SAID_BY_US:
            record.exc_info = record.exc_text = record.stack_info = None
            record.levelno, record.levelname = logging.DEBUG, "DEBUG"
            return logging.getLogger("livekit").isEnabledFor(logging.DEBUG)
        return True


class _Told(logging.Filter):
    """Drops what asyncio says of a task of LiveKit's whose provider has failed.

    Nobody asks such a task how it ended; `observers/failures.py` has told of it, without secrets.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], APIError))


_plain, _told = _Plain(), _Told()


def install_log_filter() -> None:
    """Keep LiveKit's tracebacks from the console of this process. May be called often."""
    logging.getLogger("asyncio").addFilter(_told)
    for name in ("livekit", "livekit.agents"):
        logging.getLogger(name).addFilter(_plain)
