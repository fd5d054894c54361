"""LiveKit's log without tracebacks: what matters to an author lkrun says itself, in plain words."""

from __future__ import annotations

import logging

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


_plain = _Plain()


def install_log_filter() -> None:
    """Keep LiveKit's tracebacks from the console of this process. May be called often."""
    for name in ("livekit", "livekit.agents"):
        logging.getLogger(name).addFilter(_plain)
