"""A model plays the caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from livekit.agents import ChatContext, llm
from livekit.agents.types import APIConnectOptions

from runner.testing.turn import Event

_PATIENCE: Final = APIConnectOptions(timeout=30.0)
_HANG_UP: Final = "[hangs up]"
_TASK: Final = (
    "You play a person who calls a company by phone; you are never the agent. {caller}\n"
    "Answer with the words that this person says next, and nothing else: one or two short "
    f"sentences, as people speak. When the call has come to its end, answer {_HANG_UP}"
)


class SimulatedCaller:
    """Says what a described person would say next.

    Args:
        model: plays the person.
        caller: who they are and what they want.
    """

    def __init__(self, model: llm.LLM[Any], caller: str) -> None:
        self._model, self._task = model, _TASK.format(caller=caller)

    async def next(self, events: Sequence[Event]) -> str | None:
        """The caller's next words after what has happened; None where they hang up."""
        chat = ChatContext()
        chat.add_message(role="system", content=self._task)
        for event in events:
            if event["type"] == "message":
                # who plays the caller hears the agent, and has said the caller's words
                role: Any = "user" if event["role"] == "agent" else "assistant"
                chat.add_message(role=role, content=str(event["text"]))
        answer = await self._model.chat(chat_ctx=chat, conn_options=_PATIENCE).collect()
        words = answer.text.strip()
        return None if not words or _HANG_UP in words else words
