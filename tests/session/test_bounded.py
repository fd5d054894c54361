"""What a model sends is counted as it comes: nothing piles up before it is read."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from livekit.agents import llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

from runner.session.models.answer import LONGEST
from runner.session.models.bounded import MOST, bounded

BATCH = 50
"""Pieces that come in each round of the event loop."""


def words(text):
    """A piece of an answer that says something."""
    return llm.ChoiceDelta(role="assistant", content=text)


def call(arguments):
    """A piece of an answer that calls a tool."""
    made = llm.FunctionToolCall(name="find", arguments=arguments, call_id="a")
    return llm.ChoiceDelta(role="assistant", tool_calls=[made])


class Model(llm.LLM):
    """Sends pieces in batches, as fast as it may; `sent` counts them."""

    def __init__(self, pieces):
        super().__init__()
        self.pieces, self.sent = pieces, 0

    def chat(self, *, chat_ctx, tools=None, conn_options=DEFAULT_API_CONNECT_OPTIONS, **_):
        return Stream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class Stream(llm.LLMStream):
    async def _run(self):
        for piece in self._llm.pieces:
            self._event_ch.send_nowait(llm.ChatChunk(id="x", delta=piece))
            self._llm.sent += 1
            if self._llm.sent % BATCH == 0:
                await asyncio.sleep(0)


async def read(model):
    """All that comes of it, one piece in each round of the event loop."""
    pieces = []
    async with bounded(model).chat(chat_ctx=llm.ChatContext.empty()) as stream:
        async for piece in stream:
            pieces.append(piece.delta)
            await asyncio.sleep(0)
    return pieces


@pytest.mark.parametrize(
    ("piece", "most"), [(words("on and on " * 10), LONGEST / 100), (call("x" * 10_000), MOST / 1e4)]
)
async def test_an_answer_without_end_is_ended_where_it_is_sent(piece, most):
    """The sender stops a batch after the bound, however slow the reader is."""
    model = Model(itertools.repeat(piece))
    pieces = await asyncio.wait_for(read(model), 20)
    assert most < model.sent <= most + 2 * BATCH
    assert len(pieces) == model.sent


async def test_an_answer_that_ends_is_left_as_it_is():
    """Nothing is lost of an answer of which nothing would be cut."""
    pieces = [words("x" * (LONGEST - 2)), call("{}"), words("yz")]
    assert await read(Model(iter(pieces))) == pieces
