"""Language models in order: the next one is asked where one fails, or has nothing to say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Any

from livekit.agents import APIConnectionError
from livekit.agents.llm import LLM, ChatChunk, FallbackAdapter
from livekit.agents.llm.fallback_adapter import FallbackLLMStream

OWED: ContextVar[bool] = ContextVar("lkrun_words_owed", default=True)
"""Whether somebody waits for words: else an answer of nothing is one as well."""


class ModelsInOrder(FallbackAdapter):
    """LiveKit's adapter, to which an answer of nothing is a failure too."""

    def chat(self, **given: Any) -> FallbackLLMStream:
        """Ask the first model that is there; arguments as `LLM.chat` has them."""
        return _Stream(llm=self, **_whole(given))


def _whole(given: dict[str, Any]) -> dict[str, Any]:
    """All that a stream takes, with the adapter's own choice where nothing is said."""
    usual = FallbackAdapter.chat.__kwdefaults__ or {}
    whole = {**usual, **given}
    return whole | {"tools": whole["tools"] or []}


class _Stream(FallbackLLMStream):
    async def _try_generate(
        self, *, llm: LLM[Any], check_recovery: bool = False
    ) -> AsyncIterator[ChatChunk]:
        answered = False
        async for chunk in super()._try_generate(llm=llm, check_recovery=check_recovery):
            delta = chunk.delta
            answered = answered or bool(
                delta and ((delta.content or "").strip() or delta.tool_calls)
            )
            yield chunk
        if not answered and OWED.get():
            raise APIConnectionError(f"{llm.label} answered with nothing", retryable=False)
