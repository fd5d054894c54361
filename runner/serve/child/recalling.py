"""What is remembered of a caller, as the process of their call asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.session.memory import Recall, Remembered, UnknownError

if TYPE_CHECKING:
    from runner.serve.socket.line import Line


def recall_by(line: Line[Any], call: str) -> Recall:
    """Ask the main process of it, which alone has the database."""

    async def recall(who: str) -> Remembered:
        known = await line.recall(call, who)
        if known.problem is not None:
            raise UnknownError(known.problem)
        return Remembered(known.calls, known.last, known.summary, known.variables)

    return recall
