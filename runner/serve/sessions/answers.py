"""The turns of dialogues that are being answered, and who waits for each answer."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from runner.serve.socket.messages import Cancel, Failed, Piece, Reply, TurnText

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.front.talks_port import Tap
    from runner.serve.sessions.calls import CallInfo

_LAST: Final = 10.0
"""Seconds that turns are given to be answered when the runner ends."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A turn that is not answered yet.

    Attributes:
        on_text: told each piece of the answer.
    """

    call: str
    answer: asyncio.Future[Reply | Failed]
    on_text: Callable[[str], None] | None


class Answers:
    """Has dialogues say something, and brings each answer to who waits for it.

    Attributes:
        waiting: the turns that are not answered yet, by number.
        since: since when a dialogue is answering, by its id; none that answers nothing.

    Args:
        alive: whether the host of a dialogue answers at all.
    """

    def __init__(self, alive: Callable[[str], bool]) -> None:
        self.waiting: dict[int, Waiting] = {}
        self.since: dict[str, float] = {}
        self._alive = alive
        self._ids = itertools.count(1)

    async def ask(
        self,
        call: CallInfo,
        text: str,
        on_text: Callable[[str], None] | None,
        keys: str | None,
        tap: Tap | None,
    ) -> Reply | Failed:
        """Say something to a dialogue; what it answers.

        Raises:
            DialogueError: it ended meanwhile.
        """
        number = next(self._ids)
        answer: asyncio.Future[Reply | Failed] = asyncio.get_running_loop().create_future()
        self.waiting[number] = Waiting(call.id, answer, on_text)
        self.since.setdefault(call.id, asyncio.get_running_loop().time())
        try:
            said = TurnText(call.id, number, text, on_text is not None, keys)
            if tap is not None:
                said = replace(said, app=tap.method, sent=tap.sent)
            _send(call, said)
            return await answer
        except asyncio.CancelledError:  # nobody waits for it any more
            _send(call, Cancel(call.id, number))
            raise
        finally:
            self.waiting.pop(number, None)
            self._next(call)

    def take(self, message: Reply | Failed) -> None:
        """A turn is answered."""
        waiting = self.waiting.get(message.id)
        if waiting is not None and not waiting.answer.done():
            waiting.answer.set_result(message)

    def piece(self, message: Piece) -> None:
        """A piece of an answer has come."""
        waiting = self.waiting.get(message.id)
        if waiting is not None and waiting.on_text is not None:
            waiting.on_text(message.text)

    def wait_for(self, session: str) -> bool:
        """Whether somebody waits for an answer of a dialogue."""
        return any(waiting.call == session for waiting in self.waiting.values())

    def refuse(self, session: str, refusal: Exception) -> None:
        """A dialogue has ended: who waits for an answer of it is told."""
        self.since.pop(session, None)
        for waiting in self.waiting.values():
            if waiting.call == session and not waiting.answer.done():
                waiting.answer.set_exception(refusal)

    async def settled(self) -> None:
        """Return when no turn is being answered, at least none that will be soon."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST):
                while coming := [w.answer for w in self.waiting.values() if self._alive(w.call)]:
                    await asyncio.wait(coming, timeout=1)  # a host may cease to answer

    def _next(self, call: CallInfo) -> None:
        """Note since when the next turn of a dialogue is being answered, if there is one."""
        if self.wait_for(call.id):
            self.since[call.id] = asyncio.get_running_loop().time()
        else:
            self.since.pop(call.id, None)


def _send(call: CallInfo, message: TurnText | Cancel) -> None:
    if call.peer is not None:
        call.peer.send(message)
