"""What a child process logs is written by the main process."""

from __future__ import annotations

import logging
from typing import Any

from runner.serve.socket.line import Line
from runner.serve.socket.messages import LogLine


class ToMain(logging.Handler):
    """Sends log records to the main process, which writes the log."""

    def __init__(self, line: Line[Any]) -> None:
        """Take the line to it."""
        super().__init__()
        self._line = line

    def emit(self, record: logging.LogRecord) -> None:
        """Send one."""
        self._line.send(LogLine(record.levelname, record.name, self.format(record)))


def log_to_main(line: Line[Any]) -> None:
    """Have all that is logged in this process go to the main one, and nowhere else."""
    logging.getLogger().handlers = [ToMain(line)]
