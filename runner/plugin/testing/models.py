"""The suite for a language model."""

from __future__ import annotations

import asyncio
import json
from typing import Any, ClassVar

import pytest
from livekit.agents import APIError, llm

from runner.plugin.testing.suite import ONCE, Suite, named, wrong

_SEND = (
    "send the words as they come: a ChatChunk whose delta has content, to self._event_ch; and "
    "raise APIError where the service's answer has none"
)


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

    kind: ClassVar[type] = llm.LLM
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

    async def _answered(self, model: llm.LLM[Any], *earlier: str) -> list[llm.ChatChunk]:
        """Ask the question, which has to be answered with words."""
        chunks = await self._ask(model, self.question, *earlier)
        if not self._words(chunks).strip():
            wrong(f"words as an answer to {self.question!r}", "an end without words", _SEND)
        return chunks

    def test_it_answers(self) -> None:
        """A question is answered with words."""

        async def work() -> None:
            async with self._made() as model:
                await self._answered(model)

        self._run(work(), "a question is answered with words")

    def test_it_answers_in_pieces(self) -> None:
        """An answer of several words comes as it is made, not all at once at its end."""

        async def work() -> None:
            if not self.streams:
                pytest.skip("its answers come whole")
            async with self._made() as model:
                chunks = await self._answered(model)
                pieces = [chunk for chunk in chunks if chunk.delta and chunk.delta.content]
                if len(pieces) < 2:  # noqa: PLR2004 - one is no stream
                    wrong(
                        "an answer in pieces: a voice begins with the first of them",
                        f"the answer is one piece: {self._words(chunks)!r}",
                        "ask the service for a stream, and send each piece as it comes; where it "
                        f"has none, set 'streams = False' in {type(self).__name__}; where the "
                        "answer is too short, set a 'question' with a longer one",
                    )

        self._run(work(), "an answer comes in pieces")

    def test_it_calls_tools(self) -> None:
        """A call of a tool has its name, an id, and arguments that are JSON."""

        async def work() -> None:
            async with self._made() as model:
                if not self.order:
                    pytest.skip("no order was given")
                chunks = await self._ask(model, self.order)
                calls = [call for c in chunks if c.delta for call in c.delta.tool_calls]
                _is_look_up(calls, self.order, self._words(chunks))

        self._run(work(), "an order is answered with a call of the tool 'look_up'")

    def test_interruption(self) -> None:
        """Who is interrupted stops at once, and can answer again."""

        async def work() -> None:
            async with self._made() as model:
                context = llm.ChatContext.empty()
                context.add_message(role="user", content=self.question)
                stream = model.chat(chat_ctx=context, conn_options=ONCE)
                async for _ in stream:
                    break
                async with self._at_once("a model that is interrupted stops at once"):
                    await stream.aclose()
                await self._answered(model)

        self._run(work(), "a model stops when it is interrupted, and can answer again")

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

        self._run(work(), "a conversation without messages is answered, or refused by an API error")

    def test_a_long_conversation(self) -> None:
        """A hundred earlier sentences are no hindrance."""

        async def work() -> None:
            async with self._made() as model:
                await self._answered(model, *(f"Sentence {number}." for number in range(100)))

        self._run(work(), "a conversation of a hundred sentences is answered with words")

    def test_several_at_once(self) -> None:
        """Several calls may ask at the same time."""

        async def work() -> None:
            async with self._made() as model:
                await asyncio.gather(*(self._answered(model) for _ in range(3)))

        self._run(work(), "three are answered at the same time: nothing of one is the other's")

    def test_failure(self) -> None:
        """A service that fails is one of LiveKit's API errors."""
        self._run_broken(lambda model: self._ask(model, self.question))


def _is_look_up(calls: list[llm.FunctionToolCall], order: str, words: str) -> None:
    """Whether these are the one call that an order is answered with."""
    names = [call.name for call in calls]
    if names != [look_up.info.name]:
        came = f"calls of {', '.join(names)}" if names else f"no call, and the words {words!r}"
        wrong(
            f"one call of the tool 'look_up' as an answer to {order!r}",
            came,
            "send the tools to the service by the names that they have, and its call as a "
            "FunctionToolCall in the delta of a ChatChunk; or set an 'order' that is plainer",
        )
    (call,) = calls
    if not call.call_id:
        wrong(
            "a call with an id: the result of the tool is sent back with it",
            "call_id is empty",
            "give FunctionToolCall the id of the service's call, or one of your own: "
            "livekit.agents.utils.shortuuid('call_')",
        )
    try:
        arguments, cause = json.loads(call.arguments), None
    except (TypeError, ValueError) as error:
        arguments, cause = None, error
    if not isinstance(arguments, dict):
        wrong(
            "arguments that are a JSON object, in one text",
            f"{call.arguments!r}" + (f" ({named(cause)})" if cause else ""),
            "put all pieces of the service's arguments together before the call is sent; "
            "json.dumps a dict",
            cause,
        )
