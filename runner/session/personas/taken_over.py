"""What a persona is given of the talk before it."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from livekit.agents import ChatContext, llm

from runner.session.clock import Clock
from runner.session.personas.context import FALLBACK, carried, summarised


class Predecessor(Protocol):
    """The persona that hands over."""

    @property
    def chat_ctx(self) -> ChatContext:
        """Its talk."""

    @property
    def writer(self) -> Any:
        """The model that writes summaries; None for none."""


class TakenOver:
    """The talk of the persona before: a summary of it is begun at once, while others speak.

    Args:
        before: the persona that hands over.
        context: how much is told of the talk, as an author writes it.
        clock: the time of the call.
        task: what a model is told that writes a summary.
    """

    def __init__(self, before: Predecessor, context: str, clock: Clock, task: str) -> None:
        """Begin the summary, where one is wanted."""
        self._before, self._context = before, context
        self._summary: asyncio.Task[llm.ChatItem | None] | None = None
        if context == "summary" and before.writer is not None:
            self._summary = asyncio.create_task(
                summarised(before.writer, before.chat_ctx.items, clock, task)
            )

    async def items(self, tools: list[str]) -> list[llm.ChatItem]:
        """What goes before the persona's own talk.

        Args:
            tools: names of the persona's own: it is told only of those.
        """
        items: list[llm.ChatItem] = []
        context = self._context
        if context == "summary":
            summary = await self._summary if self._summary is not None else None
            items = [summary] if summary is not None else []
            context = context if summary is not None else f"last {FALLBACK}"
        return [*items, *carried(self._before.chat_ctx.items, tools, context)]
