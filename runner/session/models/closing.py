"""Connections of speech-to-speech models that can be closed, whatever has ended them."""

from __future__ import annotations

import functools
from typing import Any

from livekit.agents import APIError, llm


def closing(model: llm.RealtimeModel) -> llm.RealtimeModel:
    """Let each connection of a model be closed.

    LiveKit's `RealtimeSession.aclose` raises what ended the connection, as an account without
    money, and `AgentSession` then never tells that the call is over.
    """
    begin = model.session

    @functools.wraps(begin)
    def session(**options: Any) -> llm.RealtimeSession[Any]:
        made = begin(**options)
        close = made.aclose

        @functools.wraps(close)
        async def aclose() -> None:
            try:
                await close()
            except (APIError, llm.RealtimeError):
                return  # told as an error of the model before

        made.aclose = aclose  # type: ignore[method-assign]  # LiveKit has no seam of its own for it
        return made

    model.session = session  # type: ignore[method-assign]  # as above
    return model
