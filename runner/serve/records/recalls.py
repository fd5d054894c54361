"""Tells the processes of calls what is remembered of their callers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from runner.serve.socket.messages import Recall, Recalled

if TYPE_CHECKING:
    from runner.serve.records.recorder import Recorder
    from runner.serve.sessions.calls import CallInfo
    from runner.serve.socket.peer import Peer

_AT_ONCE: Final = 8
"""Questions to the database at the same time; a call waits for its own no longer than it likes."""


class Recalls:
    """Asks the database, in threads: whoever calls meanwhile waits for none of it."""

    def __init__(self, recorder: Recorder) -> None:
        """Take who keeps records."""
        self._recorder = recorder
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def answer(self, peer: Peer, message: Recall, call: CallInfo | None) -> None:
        """Answer the process that asked."""
        if call is None:
            peer.send(Recalled(message.id, problem="the call has ended"))
        elif not self._recorder.up:
            peer.send(Recalled(message.id, problem="the database does not answer"))
        else:
            async with self._turn:
                peer.send(await asyncio.to_thread(self._recalled, message, call.agent))

    def _recalled(self, message: Recall, agent: str) -> Recalled:
        if not self._recorder.place.begun():
            return Recalled(message.id)  # no call has been kept yet
        from runner.records import memories
        from runner.records.database import DatabaseError

        try:
            found = memories.recall(self._recorder.place.database(), message.who, agent)
        except DatabaseError as error:
            return Recalled(message.id, problem=str(error))
        if not found:
            return Recalled(message.id)
        (known,) = found
        return Recalled(message.id, known.calls, known.last, known.summary, known.variables)
