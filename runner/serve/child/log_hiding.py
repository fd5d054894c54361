"""What a process of calls logs, without what is masked in its calls, and without private values."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from runner.serve.kept import masking_of

if TYPE_CHECKING:
    from runner.session.conversation import Conversation

_formatter = logging.Formatter()


class Hiding(logging.Filter):
    """Hides them in each record, whichever library or plugin wrote it.

    Args:
        talks: the conversations of this process: which of them a line is about is not known.
    """

    def __init__(self, talks: Callable[[], Iterable[Conversation | None]]) -> None:
        super().__init__()
        self._talks = talks

    def filter(self, record: logging.LogRecord) -> bool:
        """Change one; it is always logged."""
        talks = [talk for talk in self._talks() if talk is not None]
        if not talks:
            return True
        message = record.getMessage()
        hidden = self._hide(message, talks)
        if hidden != message:
            record.msg, record.args = hidden, None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = record.exc_text or _formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self._hide(record.exc_text, talks)
            record.exc_info = None
        return True

    def _hide(self, text: str, talks: Iterable[Conversation]) -> str:
        for talk in talks:
            text = masking_of(talk.release.agent.record).text(talk.hide(text))
        return text


def hide_in_logs(talks: Callable[[], Iterable[Conversation | None]]) -> None:
    """Have them hidden in all that this process logs from now on."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(Hiding(talks))
