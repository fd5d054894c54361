"""`while_thinking`: words for a caller whose model takes its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from livekit.agents import AgentStateChangedEvent, ChatContext, llm
from livekit.agents.types import FlushSentinel
from livekit.agents.utils.aio import cancel_and_wait

from runner.schema.turns import WhileThinking
from runner.session.call import Call
from runner.session.clock import Timer


async def while_thinking(call: Call, reply: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    """A reply of the model; where it does not begin in time, with words before it.

    They are spoken at once, and are part of what the agent has said.
    """
    spec = _of(call)
    async with aclosing(reply):
        if spec is not None:
            overdue = _Overdue(call, spec.after)
            begun = asyncio.create_task(_beginning(reply))
            late = asyncio.create_task(overdue.event.wait())
            try:
                await asyncio.wait((begun, late), return_when=asyncio.FIRST_COMPLETED)
                words = "" if begun.done() else _words(call, spec)
                if words:
                    yield words
                    yield FlushSentinel()
                pieces = await begun
                if words and pieces and _text(pieces[-1]):
                    yield " "
                for piece in pieces:
                    yield piece
            finally:
                overdue.stop()
                await cancel_and_wait(late, begun)
        async for piece in reply:
            yield piece


def _of(call: Call) -> WhileThinking | None:
    turns = call.bound.release.agent.turn_taking
    return (turns.while_thinking or None) if turns is not None else None


def _words(call: Call, spec: WhileThinking) -> str:
    """The words of this time."""
    renderer = call.bound.renderer
    words = renderer.next(spec.say) if spec.say is not None else renderer.own("one_moment")
    if not words or call.over:
        return ""
    call.said_thinking.add(words)
    return words


async def _beginning(reply: AsyncGenerator[Any, None]) -> list[Any]:
    """The pieces of a reply up to the first that has words or calls a tool."""
    pieces = []
    async for piece in reply:
        pieces.append(piece)
        if _text(piece) or (isinstance(piece, llm.ChatChunk) and piece.has_response()):
            break
    return pieces


def _text(piece: Any) -> str:
    if isinstance(piece, llm.ChatChunk):
        return (piece.delta.content or "") if piece.delta is not None else ""
    return piece if isinstance(piece, str) else ""


class _Overdue:
    """When the caller has waited for so long: from the end of their turn, not from before it."""

    def __init__(self, call: Call, seconds: float) -> None:
        self.event = asyncio.Event()
        self._call, self._seconds = call, seconds
        self._timer: Timer | None = None
        call.session.on("agent_state_changed", self._changed)
        if not call.spoken_to or call.session.agent_state == "thinking":
            self._begin()

    def _changed(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "thinking":
            self._begin()

    def _begin(self) -> None:
        if self._timer is None:
            self._timer = self._call.clock.later(self._seconds, self.event.set)

    def stop(self) -> None:
        """Count no more."""
        self._call.session.off("agent_state_changed", self._changed)
        if self._timer is not None:
            self._timer.cancel()


def without_such_words(call: Call, chat: ChatContext) -> ChatContext:
    """The talk without those words: a model that reads them would begin with them itself."""
    if not call.said_thinking:
        return chat
    items: list[llm.ChatItem] = []
    for item in chat.items:
        said = item.text_content or "" if item.type == "message" else ""
        own = next((words for words in call.said_thinking if said.startswith(words)), "")
        if not own or item.type != "message" or item.role != "assistant":
            items.append(item)
        elif rest := said[len(own) :].lstrip(" "):
            items.append(item.model_copy(update={"content": [rest]}))
    return ChatContext(items)
