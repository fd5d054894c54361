"""The suite for a language model."""

from __future__ import annotations

import asyncio
import json
from typing import Any, ClassVar

import pytest
from livekit.agents import APIError, llm

from runner.plugin.testing.suite import ONCE, Suite


@llm.function_tool
async def look_up(name: str) -> str:
    """Look a name up.

    Args:
        name: whose.
    """
    return name


class LLMSuite(Suite):
    """For a language model.

    Attributes:
        question: what it answers with words.
        order: what it answers with a call of the tool `look_up`; nothing: this is not tested.
        streams: whether its answers come in pieces: a voice begins with the first of them.
    """

    question: ClassVar[str] = "Hello."
    order: ClassVar[str] = ""
    streams: ClassVar[bool] = True

    async def _ask(self, model: llm.LLM[Any], text: str, *earlier: str) -> list[llm.ChatChunk]:
        context = llm.ChatContext.empty()
        context.add_message(role="system", content="You answer the phone.")
        for said in (*earlier, text):
            context.add_message(role="user", content=said)
        stream = model.chat(chat_ctx=context, tools=[look_up], conn_options=ONCE)
        async with stream:
            return [chunk async for chunk in stream]

    def _words(self, chunks: list[llm.ChatChunk]) -> str:
        return "".join(chunk.delta.content or "" for chunk in chunks if chunk.delta)

    def test_it_answers(self) -> None:
        """A question is answered with words."""

        async def work() -> None:
            async with self._made() as model:
                assert self._words(await self._ask(model, self.question)).strip()

        self._run(work())

    def test_it_answers_in_pieces(self) -> None:
        """An answer of several words comes as it is made, not all at once at its end."""

        async def work() -> None:
            if not self.streams:
                pytest.skip("its answers come whole")
            async with self._made() as model:
                chunks = await self._ask(model, self.question)
                pieces = [chunk for chunk in chunks if chunk.delta and chunk.delta.content]
                assert len(pieces) > 1, f"the answer is one piece: {self._words(chunks)!r}"

        self._run(work())

    def test_it_calls_tools(self) -> None:
        """A call of a tool has its name, an id, and arguments that are JSON."""

        async def work() -> None:
            async with self._made() as model:
                if not self.order:
                    pytest.skip("no order was given")
                chunks = await self._ask(model, self.order)
                calls = [call for c in chunks if c.delta for call in c.delta.tool_calls]
                assert [call.name for call in calls] == ["look_up"]
                assert calls[0].call_id
                assert isinstance(json.loads(calls[0].arguments), dict)

        self._run(work())

    def test_interruption(self) -> None:
        """Who is interrupted stops at once, and can answer again."""

        async def work() -> None:
            async with self._made() as model:
                context = llm.ChatContext.empty()
                context.add_message(role="user", content=self.question)
                stream = model.chat(chat_ctx=context, conn_options=ONCE)
                async for _ in stream:
                    break
                async with asyncio.timeout(self.grace):
                    await stream.aclose()
                assert self._words(await self._ask(model, self.question)).strip()

        self._run(work())

    def test_nothing_was_said(self) -> None:
        """An empty conversation is answered, or refused by one of LiveKit's errors."""

        async def work() -> None:
            async with self._made() as model:
                stream = model.chat(chat_ctx=llm.ChatContext.empty(), conn_options=ONCE)
                try:
                    async with stream:
                        async for _ in stream:
                            pass
                except APIError:
                    return

        self._run(work())

    def test_a_long_conversation(self) -> None:
        """A hundred earlier sentences are no hindrance."""

        async def work() -> None:
            async with self._made() as model:
                earlier = [f"Sentence {number}." for number in range(100)]
                assert self._words(await self._ask(model, self.question, *earlier)).strip()

        self._run(work())

    def test_several_at_once(self) -> None:
        """Several calls may ask at the same time."""

        async def work() -> None:
            async with self._made() as model:
                answers = await asyncio.gather(*(self._ask(model, self.question) for _ in range(3)))
                assert all(self._words(answer).strip() for answer in answers)

        self._run(work())

    def test_failure(self) -> None:
        """A service that fails is one of LiveKit's API errors."""
        self._run_broken(lambda model: self._ask(model, self.question))
