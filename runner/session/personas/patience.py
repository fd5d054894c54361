"""A speech-to-speech model that leaves the caller without an answer: they are told, in time.

Its silence before a reply is seen from what LiveKit tells: the caller has finished, or a reply was
asked for, and nobody begins to speak. That in the middle of one is seen from what the model sends.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from typing import Any, TypeVar

from livekit import rtc
from livekit.agents import (
    Agent,
    AgentStateChangedEvent,
    ChatMessage,
    ConversationItemAddedEvent,
    SpeechCreatedEvent,
    UserStateChangedEvent,
)
from livekit.agents.voice import SpeechHandle

from runner.session.call import Call
from runner.session.models.answer import late
from runner.session.personas.replies import SILENCE

PieceT = TypeVar("PieceT", str, rtc.AudioFrame)

_SLOWEST = 10
"""Characters that a slow voice speaks in a second."""


class Patience:
    """Watches one persona's model, from its beginning to `stop`.

    Args:
        call: the call.
        persona: the persona; it speaks.
        finds_turns: the model itself finds the end of the caller's turn, and answers then.
        silence: seconds that it may leave the caller in silence.
    """

    def __init__(
        self, call: Call, persona: Agent, *, finds_turns: bool, silence: float = SILENCE
    ) -> None:
        """Begin."""
        self._call, self._silence = call, silence
        self._asked: set[SpeechHandle] = set()
        self._owed = False
        self._watching: asyncio.Task[None] | None = None
        session: Any = call.session
        self._told: list[tuple[Any, str, Any]] = [
            (session, "speech_created", self._created),
            (session, "agent_state_changed", self._agent),
            (session, "conversation_item_added", self._written),
            (session, "user_state_changed", self._caller),
        ]
        if finds_turns:
            model = persona.realtime_llm_session
            self._told.append((model, "input_speech_stopped", self._finished))
        for source, event, listener in self._told:
            source.on(event, listener)

    def stop(self) -> None:
        """Watch no more: another persona speaks."""
        for source, event, listener in self._told:
            source.off(event, listener)
        self._rest()

    async def unbroken(self, reply: AsyncIterable[PieceT]) -> AsyncGenerator[PieceT, None]:
        """Yield a reply as it comes; where it stops, the caller is told when all of it was heard.

        Args:
            reply: its sound, or its words where a voice beside the model speaks them.
        """
        clock = asyncio.get_running_loop().time
        heard = 0.0
        async with aclosing(_pieces(reply)) as coming:
            while True:
                # until it begins, what LiveKit tells is watched
                limit = max(0.0, heard - clock()) + self._silence if heard else None
                try:
                    piece = await asyncio.wait_for(anext(coming), limit)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    break
                heard = max(heard, clock()) + _seconds(piece)
                yield piece
        self._call.later(self._give_up(late(True, self._silence, self._call.budget.whole)))

    def _created(self, event: SpeechCreatedEvent) -> None:
        """The model is asked for a reply, or has begun one."""
        if event.source != "say":
            self._owed = False
            self._asked.add(event.speech_handle)
            event.speech_handle.add_done_callback(self._done)
            self._watch()

    def _done(self, handle: SpeechHandle) -> None:
        self._asked.discard(handle)
        if not self._asked and not self._owed:
            self._rest()

    def _finished(self, _: object) -> None:
        """The model has found the end of the caller's turn: it answers now."""
        self._owed = True
        self._watch()

    def _agent(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self._owed = False
            self._rest()
        elif self._asked:
            self._watch()

    def _caller(self, event: UserStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self._owed = False
            self._call.budget.begin(object())
            self._rest()
        elif self._asked:
            self._watch()

    def _written(self, event: ConversationItemAddedEvent) -> None:
        """What the caller writes, or was understood to say, begins a turn."""
        if isinstance(event.item, ChatMessage) and event.item.role == "user":
            self._call.budget.begin(event.item.id)

    def _rest(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None

    def _watch(self) -> None:
        session = self._call.session
        waits = "speaking" not in (session.agent_state, session.user_state)
        if self._watching is None and waits and not self._call.over:
            self._watching = asyncio.get_running_loop().create_task(self._wait())

    async def _wait(self) -> None:
        budget = self._call.budget
        with budget.counting():
            while True:
                await budget.tools_rest.wait()
                seconds = min(self._silence, budget.left)
                await asyncio.sleep(max(0.0, seconds))
                if budget.tools_rest.is_set():
                    break
        quiet = self._silence if seconds >= self._silence else None
        # what is said now must not end this task
        self._watching, self._owed = None, False
        self._call.later(self._give_up(late(False, quiet, budget.whole)))

    async def _give_up(self, reason: str) -> None:
        call = self._call
        if call.over:
            return
        call.given_up += 1
        try:
            await call.session.interrupt(force=True)  # nothing else could be heard before it
        except RuntimeError:
            return  # the call is ending
        call.budget.begin(object())
        if words := call.give_up(reason):
            await call.speak(words)


async def _pieces(reply: AsyncIterable[PieceT]) -> AsyncGenerator[PieceT, None]:
    async for piece in reply:
        yield piece


def _seconds(piece: str | rtc.AudioFrame) -> float:
    return len(piece) / _SLOWEST if isinstance(piece, str) else piece.duration
