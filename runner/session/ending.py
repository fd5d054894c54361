"""The end of a conversation: in order, at once, or because the caller has left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from livekit.agents import AgentSession, CloseEvent, CloseReason

from runner.session.call import Call
from runner.session.events import EndEvent

_REASONS = {
    CloseReason.ERROR: "error",
    CloseReason.JOB_SHUTDOWN: "shutdown",
    CloseReason.PARTICIPANT_DISCONNECTED: "caller_left",
    CloseReason.TASK_COMPLETED: "end_call",
    CloseReason.USER_INITIATED: "shutdown",
}


class Ending:
    """Ends one conversation, once.

    Attributes:
        reason: why it ends; None as long as it goes on.
        ended: done, with the reason, when it has ended.

    Args:
        call: the call.
    """

    def __init__(self, call: Call) -> None:
        """Nothing has ended. An event loop must be running."""
        self._call = call
        self._session: AgentSession[Any] | None = None
        self._stops: tuple[Callable[[], None], ...] = ()
        self._waits: tuple[Callable[[], Awaitable[None]], ...] = ()
        self._closing: asyncio.Task[None] | None = None
        self.reason: str | None = None
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def stops(self, *stops: Callable[[], None]) -> None:
        """Stop these as well when it ends."""
        self._stops += stops

    def waits_for(self, *closed: Callable[[], Awaitable[None]]) -> None:
        """Wait for these as well until nothing is left."""
        self._waits = closed

    def watch(self, session: AgentSession[Any]) -> None:
        """See LiveKit's session end."""
        self._session = session
        session.on("close", self._closed)

    def in_order(self, reason: str) -> None:
        """End once what is being said has been said to its end."""
        self._begin(reason)
        if self._session is not None:
            # nothing that the caller says now is answered, so nobody waits for it
            self._session.options.session_close_transcript_timeout = 0.0
            self._session.shutdown(drain=True)

    def left(self) -> None:
        """The caller has left the room: no tool is waited for."""
        self._begin("caller_left")
        self._call.gone.set()
        self._call.opening.stop()
        self._call.outgoing.stop()
        if self._session is not None:
            self._session.shutdown(drain=False)

    async def at_once(self, reason: str) -> None:
        """End now; nothing more is said."""
        self._begin(reason)
        self._call.opening.stop()
        self._call.outgoing.stop()
        if reason == "caller_left" or self._call.transferring is not None:
            self._call.gone.set()  # nor is a person called, or briefed, any longer
        if self._session is not None:
            self._session.options.session_close_transcript_timeout = 0.0
            await self._session.aclose()
        self._over(self.reason or reason)

    def _begin(self, reason: str) -> None:
        self.reason = self.reason or reason
        self._call.over = True

    def _closed(self, event: CloseEvent) -> None:
        self._over(self.reason or _REASONS.get(event.reason, "shutdown"))

    def _over(self, reason: str) -> None:
        if self.ended.done():
            return
        self.reason, self._call.over = reason, True
        for stop in self._stops:
            stop()
        self._call.events.tell(EndEvent(persona=self._call.speaking, reason=reason))
        self.ended.set_result(reason)
        self._closing = asyncio.get_running_loop().create_task(self._let_go())

    async def _let_go(self) -> None:
        await self._call.speeches.aclose()
        await self._call.bound.models.aclose()

    async def cleaned(self) -> None:
        """Wait until nothing of it is left."""
        for closed in self._waits:
            await closed()
        if self._call.apart:
            await asyncio.wait(self._call.apart)
        if self._closing is not None:
            await asyncio.shield(self._closing)
