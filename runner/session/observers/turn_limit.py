"""`turn_limit.max_duration`: LiveKit looks at it when STT has understood something for good.

Who talks without a pause is not understood for good for a long time; here the clock looks too.
"""

from __future__ import annotations

import asyncio

from livekit.agents import UserTurnExceededEvent

from runner.session.call import Call
from runner.session.clock import Timer


class TurnClock:
    """Counts how long the caller has been talking since the agent last spoke.

    Args:
        call: the call, by voice; its session begins before anybody speaks.
    """

    def __init__(self, call: Call) -> None:
        """Nobody talks."""
        self._call = call
        self._began: float | None = None
        self._timer: Timer | None = None
        self._understood: list[str] = []
        self._interim = ""
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def _longest(self) -> float | None:
        turns = self._call.bound.release.agent.turn_taking
        limit = turns.turn_limit if turns is not None else None
        return limit.max_duration if limit is not None else None

    def talking(self) -> None:
        """The caller begins to talk, or goes on."""
        longest = self._longest
        if longest is None or self._timer is not None:
            return
        now = self._call.clock.time()
        if self._began is None or now - self._began >= longest:
            self.reset()
            self._began = now
        self._timer = self._call.clock.later(self._began + longest - now, self._exceeded)

    def heard(self, text: str, *, final: bool) -> None:
        """STT has understood something, for good or not yet."""
        self._interim = "" if final else text
        if final and self._began is not None:
            self._understood.append(text)

    def reset(self) -> None:
        """The agent has spoken, or the call is over: the next words begin a turn."""
        self._began, self._understood, self._interim = None, [], ""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _exceeded(self) -> None:
        self._timer = None
        if self._call.session.user_state != "speaking" or self._call.over:
            return
        words = " ".join([*self._understood, self._interim]).strip()
        event = UserTurnExceededEvent(
            transcript=words,
            accumulated_transcript=words,
            accumulated_word_count=len(words.split()),
            duration=self._longest or 0.0,
        )
        task = asyncio.get_running_loop().create_task(self._call.persona.unasked.exceeded(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
