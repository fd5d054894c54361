"""A model whose answers cannot pile up: what it sends is counted as it comes, not as it is read.

LiveKit's streams have no bound, and a reader takes a piece in each round of the event loop, while a
service that sends without end fills hundreds. `Answer` cuts what is read; here the sender is
stopped.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from livekit.agents import llm

from runner.session.models.answer import LONGEST, LONGEST_ARGUMENTS, MOST_CALLS

MOST = LONGEST + LONGEST_ARGUMENTS * MOST_CALLS
"""Characters of words and arguments that an answer can have of which nothing is cut."""


def bounded(model: llm.LLM[Any]) -> llm.LLM[Any]:
    """Have all streams of a model end by themselves when they are longer than any answer."""
    chat: Any = model.chat

    @wraps(chat)
    def counted(*arguments: Any, **named: Any) -> llm.LLMStream:
        stream: llm.LLMStream = chat(*arguments, **named)
        _count(stream)
        return stream

    model.chat = counted  # type: ignore[method-assign]  # LiveKit asks the model that it was given
    return model


def _count(stream: llm.LLMStream) -> None:
    channel: Any = stream._event_ch  # noqa: SLF001 - there is no public way to what is sent
    send, length, words = channel.send_nowait, 0, 0

    def sent(chunk: llm.ChatChunk) -> None:
        nonlocal length, words
        send(chunk)
        if chunk.delta is not None:
            words += len(chunk.delta.content or "")
            length += sum(len(call.arguments) for call in chunk.delta.tool_calls)
        if words > LONGEST or length > MOST:
            stream._task.cancel()  # noqa: SLF001 - as above; its end ends the stream in order

    channel.send_nowait = sent
