"""A model whose answers are given, however odd, and a conversation with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from livekit.agents import llm


class Wild(llm.LLM):
    """A model whose answers are given, in order; then it says "Fine.".

    An answer is an exception, or what `pieces_of` takes; a function is asked for it with the talk.

    Attributes:
        offered: the names of the tools that it was offered, each time it was asked.
        choices: the choice of tools that it was given, each time.
    """

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.answers = list(answers)
        self.offered: list[set[str]] = []
        self.choices: list[Any] = []

    def chat(self, *, chat_ctx, tools=None, conn_options=None, tool_choice=None, **_rest):
        self.offered.append({tool.id for tool in tools or ()})
        self.choices.append(tool_choice)
        answer = self.answers.pop(0) if self.answers else "Fine."
        if isinstance(answer, TypeError):
            raise answer
        if callable(answer):
            answer = answer(chat_ctx)
        return WildStream(
            self, answer, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options
        )


class WildStream(llm.LLMStream):
    def __init__(self, model, answer, **rest):
        super().__init__(model, **rest)
        self.answer = answer

    async def _run(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        if hasattr(self.answer, "__aiter__"):
            async for piece in self.answer:
                self._event_ch.send_nowait(chunk(piece))
            return
        for piece in pieces_of(self.answer):
            self._event_ch.send_nowait(chunk(piece))


def pieces_of(answer: Any) -> Iterable[Any]:
    """A text, a list of calls, a list of both, or pieces in a tuple: each as it is sent."""
    return answer if isinstance(answer, tuple) else (answer,)


def chunk(piece: Any) -> llm.ChatChunk:
    """One piece as a plugin sends it: a text, calls as (name, arguments), a delta, or a chunk."""
    if isinstance(piece, llm.ChatChunk):
        return piece
    if piece is None or isinstance(piece, llm.ChoiceDelta):
        return llm.ChatChunk(id="wild", delta=piece)
    if isinstance(piece, str):
        return llm.ChatChunk(id="wild", delta=llm.ChoiceDelta(role="assistant", content=piece))
    said = " ".join(each for each in piece if isinstance(each, str)) or None
    calls = [
        llm.FunctionToolCall(name=each[0], arguments=each[1], call_id=f"call_{n}_{id(piece)}")
        for n, each in enumerate(each for each in piece if not isinstance(each, str))
    ]
    delta = llm.ChoiceDelta(role="assistant", content=said, tool_calls=calls)
    return llm.ChatChunk(id="wild", delta=delta)


def possess(conversation: Any, provider: str, model: Wild) -> Wild:
    """Let a conversation that has not begun use this model as that provider."""
    conversation._call.bound.models._single["llm", provider] = model
    return model
