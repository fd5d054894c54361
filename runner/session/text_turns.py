"""Turns by text: whatever fails or hangs in one, it ends, and the caller is answered."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from livekit.agents import RunResult
from livekit.agents.voice.agent_activity import ActivityClosedError

from runner.session.call import Call
from runner.session.ending import Ending
from runner.session.errors import CallOverError
from runner.session.events import Event
from runner.session.observers.app import CallersApp
from runner.session.observers.failures import Failures
from runner.session.observers.pieces import TextPieces
from runner.session.observers.transcript import SessionListener
from runner.session.written import cut

BEYOND = 10.0
"""Seconds beyond what a turn may take: then even what cannot be counted is given up."""


class TextTurns:
    """Has the turns of a conversation, one at a time.

    Args:
        call: the call.
        queue: held while a turn is had.
        listener: tells the events of a turn.
        failures: answers the caller in place of what failed.
        ending: ends the call.
        on_text: told each piece of what the agent says as it comes; None where nobody wants it.
    """

    def __init__(  # noqa: PLR0913 - who takes part in a turn, by name
        self,
        call: Call,
        queue: asyncio.Lock,
        *,
        listener: SessionListener,
        failures: Failures,
        ending: Ending,
        on_text: Callable[[str], None] | None,
    ) -> None:
        """No turn has been had."""
        self._call, self._queue = call, queue
        self._listener, self._failures, self._ending = listener, failures, ending
        self._pieces = TextPieces(on_text) if on_text is not None else None
        self._stopped: asyncio.Task[None] | None = None

    async def greet(self, start: Callable[[], Awaitable[Any]]) -> None:
        """Have turn 0; the queue is held already.

        Args:
            start: starts LiveKit's session.
        """
        if self._pieces is not None:
            self._call.session.output.transcription = self._pieces
        await self._attempt(start)
        await self.settle()

    async def say(self, text: str) -> list[Event]:
        """The caller says something.

        Returns:
            The events of this turn; none for a text of nothing, nor after the end.
        """
        async with self._queue:
            text = text.strip()
            if not text or self._call.over:
                return []
            events = self._begin()
            self._listener.turn_begun = True
            await self._attempt(lambda: self._run(cut(text)))
            self._listener.turn_begun = False
            await self.settle()
            return list(events)

    async def press(self, keys: str) -> list[Event]:
        """The caller presses keys, and no more in this turn.

        Returns:
            The events of this turn; none where there was no key, nor after the end.
        """
        async with self._queue:
            if not keys or self._call.over:
                return []
            events = self._begin()
            await self._attempt(lambda: self._pressed(keys))
            await self.settle()
            return list(events)

    async def tap(self, app: CallersApp, method: str, given: Mapping[str, Any]) -> list[Event]:
        """The caller does something in their app.

        Returns:
            The events of this turn; none after the end.

        Raises:
            AppRefusedError: there is no such method, or what is sent does not fit.
        """
        async with self._queue:
            if self._call.over:
                return []
            turn: list[list[Event]] = []  # one that is refused is no turn
            await app.receive(method, given, lambda: turn.append(self._begin()))
            await self._attempt(lambda: self._spoken_of(app))
            await self.settle()
            return list(turn[0])

    async def act(self, work: Callable[[], Awaitable[None]]) -> list[Event]:
        """Do what others ask for.

        Returns:
            The events of this turn.

        Raises:
            CallOverError: the call has ended.
        """
        async with self._queue:
            if self._call.over:
                raise CallOverError
            events = self._begin()
            await self._attempt(lambda: self._acted(work))
            await self.settle()
            return list(events)

    async def _acted(self, work: Callable[[], Awaitable[None]]) -> None:
        async with asyncio.timeout(self._call.budget.whole + BEYOND):
            await work()
            await self.quiet()

    async def _spoken_of(self, app: CallersApp) -> None:
        async with asyncio.timeout(self._call.budget.whole + BEYOND):
            await app.settled()
            await self.quiet()

    async def quiet(self) -> None:
        """Wait until nobody speaks, no tool runs and no handoff is under way."""
        call = self._call
        if not call.over:
            await call.arrived.wait()
            await call.idle.wait()
            with contextlib.suppress(ActivityClosedError, RuntimeError):  # it is ending
                await call.session.wait_for_idle()
        await self.settle()

    async def settle(self) -> None:
        """Wait for what still belongs to a turn: words about a failure, the end of the call."""
        await self._failures.settled()
        if self._ending.reason is not None:
            await self._ending.ended
            await self._ending.cleaned()

    def _begin(self) -> list[Event]:
        events = self._call.events.begin()
        if self._pieces is not None:
            self._pieces.begin()
        self._failures.caller_knows = False
        return events

    async def _attempt(self, work: Callable[[], Awaitable[Any]]) -> None:
        """Do what may fail; then the caller is answered in its place."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever fails, the dialogue goes on
            if not self._failures.caller_knows and not self._call.over:
                self._failures.unexpected(error)

    async def _pressed(self, keys: str) -> None:
        async with asyncio.timeout(self._call.budget.whole + BEYOND):
            await self._call.keys.all(keys)
            await self.quiet()

    async def _run(self, text: str) -> None:
        """Have a turn. Whatever hangs in it, it ends; where nobody waits for it, it is stopped."""
        if self._stopped is not None:
            await asyncio.wait_for(self._stopped, BEYOND)
            self._stopped = None
        await self._call.tongue.heard(text)
        if self._call.bound.release.agent.only_listens:
            self._listener.noted(text)
            return
        run: RunResult[Any] = self._call.session.run(user_input=text, output_options=None)
        try:
            async with asyncio.timeout(self._call.budget.whole + BEYOND):
                await run
        except (TimeoutError, asyncio.CancelledError):
            self._stopped = asyncio.get_running_loop().create_task(self._stop(run))
            raise

    async def _stop(self, run: RunResult[Any]) -> None:
        """Stop a turn; LiveKit begins another one only when it has ended."""
        with contextlib.suppress(Exception):
            await self._call.session.interrupt(force=True)
        with contextlib.suppress(Exception):
            await run
