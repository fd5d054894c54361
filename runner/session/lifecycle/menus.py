"""A phone menu that answers a call: the model presses keys, and one that goes round is left."""

from __future__ import annotations

import logging
from collections import deque
from typing import Final

from livekit.agents.voice.ivr.ivr_activity import TfidfLoopDetector

from runner.session.call import Call

log = logging.getLogger("lkrun")

_ROUNDS: Final = 3
"""How often LiveKit finds that a menu goes round, each time asking the model anew; then it is left.
Each time are three things in a row that the menu has said before."""

_SENTENCE: Final = 4
"""Words of what a menu says: a person behind the menu says yes and no as often as they like."""


async def navigate(call: Call) -> None:
    """Let the model find its way through a phone menu."""
    session = call.session
    await session._start_ivr_detection()  # noqa: SLF001 - LiveKit's own detection has no public way
    activity = session._ivr_activity  # noqa: SLF001 - as above
    if activity is not None:
        activity._loop_detector = LoopDetector(call)  # noqa: SLF001 - as above


class LoopDetector(TfidfLoopDetector):
    """LiveKit's, which ends the call where the model finds no way out.

    Args:
        call: the call.
    """

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call, self._rounds = call, 0
        self._last: deque[str] = deque(maxlen=3)

    def add_chunk(self, chunk: str) -> None:
        """Take what was understood."""
        self._last.append(chunk)
        super().add_chunk(chunk)

    def check_loop_detection(self) -> bool:
        """Whether the model is asked anew."""
        found = super().check_loop_detection()
        if not found or max(len(each.split()) for each in self._last) < _SENTENCE:
            return found
        self._rounds += 1
        if self._rounds < _ROUNDS:
            return True
        if not self._call.over:
            log.warning("a phone menu says the same again and again: the call is ended")
            self._call.over = True
            self._call.finish("end_call")
        return False
