"""The model's first reply, which is asked for while the room is being joined."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from livekit.agents import ChatContext, ModelSettings, llm

from runner.session.models.nodes import through
from runner.session.speech.speeches import Speeches

LiveKits = Callable[[ChatContext, list[llm.Tool], ModelSettings], Any]
"""LiveKit's own node, which asks the model."""


def request(chat: ChatContext, tools: list[llm.Tool], settings: ModelSettings) -> Any:
    """What tells a request to the model from others."""
    words = tuple((each.role, each.text_content) for each in chat.messages())
    return words, frozenset(tool.id for tool in tools), str(settings.tool_choice or "auto")


async def replied(
    speeches: Speeches,
    livekits: LiveKits,
    chat: ChatContext,
    tools: list[llm.Tool],
    settings: ModelSettings,
) -> AsyncGenerator[Any, None]:
    """What the model answers; where the same was asked for early, that answer."""

    def asked() -> AsyncGenerator[Any, None]:
        return through((), lambda chat, settings: livekits(chat, tools, settings), chat, settings)

    early = await speeches.early_reply(request(chat, tools, settings))
    async with aclosing(early.pieces(asked) if early is not None else asked()) as coming:
        async for piece in coming:
            yield piece
