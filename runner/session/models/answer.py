"""A model's answer, held within bounds: of time, of length, and of what may stand in it."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from livekit.agents import llm
from livekit.agents.utils import shortuuid

from runner.egress.mask import Mask, MaskedStream
from runner.session.budget import TurnBudget

log = logging.getLogger("lkrun")

LONGEST = 32_000
"""Characters of the words of one answer: half an hour of speech."""

LONGEST_ARGUMENTS = 64 * 1024
"""Characters of the arguments of one call of a tool."""

DEEPEST_ARGUMENTS = 32
"""Lists and records within each other, in the arguments of one call."""

MOST_CALLS = 32
"""Calls of tools in one answer."""

LONGEST_NAME = 200
"""Characters of the name of a tool that a model calls."""

LET_GO = 1.0
"""Seconds in which a model that is given up should have let go; then nobody waits for it."""

_ONLY_WORDS = "called a tool where only words count, as after max_tool_steps rounds of tools"

_STRUCTURE = re.compile(r'"(?:\\.|[^"\\])*"|[\[{]|[\]}]', re.DOTALL)
_LEVELS = {"[": 1, "{": 1, "]": -1, "}": -1}
_END = object()


class AnswerError(Exception):
    """An answer that cannot be used, or not in whole; the message is a line for the log."""


@dataclass(slots=True)
class Answer:
    """One answer of a model.

    Args:
        source: what the model sends: texts and LiveKit's chunks.
        mask: hides what nobody may see.
        silence: seconds that the model may be silent, before its first words and between them.
        budget: how long the turn may take.
        owed: whether the caller waits for words; else an answer of nothing is one as well.
        may_call: whether tools may be called; LiveKit passes over calls that may not be.
        model: whose answer it is, for the log.
        address: the option with the address that it has been given, where it has one.

    Attributes:
        refused: id of a call → why its arguments cannot be taken; they are left out.
    """

    source: AsyncGenerator[Any, None]
    mask: Mask
    silence: float
    budget: TurnBudget
    owed: bool = True
    may_call: bool = True
    model: str = "the model"
    address: str = ""
    refused: dict[str, str] = field(default_factory=dict)
    _length: int = 0
    _calls: set[str] = field(default_factory=set)
    _said: bool = False

    @property
    def said(self) -> bool:
        """Whether any words have come."""
        return self._said

    @property
    def called(self) -> bool:
        """Whether any tool is called."""
        return bool(self._calls)

    async def pieces(self) -> AsyncGenerator[Any, None]:
        """Yield what may be used of it, as it comes.

        Raises:
            AnswerError: it is empty, too long, or does not come; what was yielded stays.
            Exception: whatever the model raises.
        """
        masked = MaskedStream(self.mask)
        patient = _patient(self.source, self.silence, self.budget, self.model)
        async with aclosing(patient) as coming:
            async for piece in coming:
                for part in self._checked(piece, masked):
                    yield part
        if rest := masked.rest():
            yield rest
        if self.owed and not self._said and self._calls and not self.may_call:
            raise AnswerError(f"{self.model} {_ONLY_WORDS}")
        if self.owed and not self._said and not self._calls:
            look = f"; look whether {self.address} is the whole address of a model's service"
            raise AnswerError(f"{self.model} answered with nothing{look if self.address else ''}")

    def _checked(self, piece: Any, masked: MaskedStream) -> Iterator[Any]:
        delta = piece.delta if isinstance(piece, llm.ChatChunk) else None
        text = piece if isinstance(piece, str) else delta.content if delta is not None else None
        words = masked.feed(self._measured(text or ""))
        if delta is not None:
            calls = [checked for call in delta.tool_calls if (checked := self._call(call))]
            changed = {"content": words or None, "tool_calls": calls}
            yield piece.model_copy(update={"delta": delta.model_copy(update=changed)})
        elif not isinstance(piece, str):
            yield piece
        elif words:
            yield words
        if self._length >= LONGEST:
            raise AnswerError(
                f"the answer of {self.model} was cut: it is longer than {LONGEST:,} characters"
            )

    def _measured(self, text: str) -> str:
        text = text[: LONGEST - self._length]
        self._length += len(text)
        self._said = self._said or bool(text.strip())
        return text

    def _call(self, call: llm.FunctionToolCall) -> llm.FunctionToolCall | None:
        """The call as it may be run; one without a name is none."""
        if not call.name or len(self._calls) > MOST_CALLS:
            return None
        own = call.call_id and call.call_id not in self._calls
        call_id = call.call_id if own else shortuuid("call_")
        self._calls.add(call_id)
        if len(self._calls) > MOST_CALLS:
            log.warning("of the tools that the model called at once, %d are run", MOST_CALLS)
            return None
        arguments, problem = _arguments(call.arguments)
        if problem:
            self.refused[call_id] = problem
        changed = {
            "name": self.mask.text(call.name[:LONGEST_NAME]),
            "call_id": call_id,
            "arguments": self.mask.text(arguments),
        }
        return call.model_copy(update=changed)


def _arguments(text: str) -> tuple[str, str]:
    """The arguments of a call, and why they cannot be taken."""
    if len(text) > LONGEST_ARGUMENTS:
        return "{}", f"its arguments are longer than {LONGEST_ARGUMENTS // 1024} KB"
    depth = deepest = 0
    for match in _STRUCTURE.finditer(text):
        depth += _LEVELS.get(match[0], 0)
        deepest = max(deepest, depth)
    if deepest > DEEPEST_ARGUMENTS:
        return "{}", f"its arguments are nested more than {DEEPEST_ARGUMENTS} deep"
    return text, ""


async def _patient(
    source: AsyncGenerator[Any, None], silence: float, budget: TurnBudget, model: str
) -> AsyncGenerator[Any, None]:
    """Yield what comes from a source as long as it comes in time, then let it go.

    A source that does not end when it is told to is left behind.

    Raises:
        AnswerError: no words came for too long, or they never end.
        Exception: whatever the source raises.
    """
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[Any] = asyncio.Queue(1)
    pump = loop.create_task(_pumped(source, pieces, model))
    heard, begun = loop.time(), False
    try:
        with budget.counting():
            while True:
                patience = heard + silence - loop.time()
                seconds = min(patience, budget.left)
                try:
                    async with asyncio.timeout(max(0.0, seconds)):
                        piece = await pieces.get()
                except TimeoutError:
                    seconds = 0.0
                if seconds <= 0:
                    quiet = silence if patience <= budget.left else None
                    raise AnswerError(late(begun, quiet, budget.whole, model))
                if piece is _END:
                    break
                yield piece
                if _has_words(piece):
                    heard, begun = loop.time(), True
        await pump
    finally:
        pump.cancel()
        await asyncio.wait([pump], timeout=LET_GO)
        if pump.done() and not pump.cancelled():
            pump.exception()


def late(begun: bool, silence: float | None, turn: float, model: str = "the model") -> str:
    """What is late: the model was silent for so long, or else the turn has taken too long."""
    if silence is None:
        what = "had not ended its answer" if begun else "had not answered"
        return f"{model} {what} when the turn had taken {turn:g}s"
    what = "stopped in its answer for" if begun else "did not answer within"
    return f"{model} {what} {silence:g}s"


def _has_words(piece: Any) -> bool:
    return bool(piece) if isinstance(piece, str) else bool(piece.has_response())


async def _pumped(
    source: AsyncGenerator[Any, None], pieces: asyncio.Queue[Any], model: str
) -> None:
    try:
        async with aclosing(source):
            async for piece in source:
                await pieces.put(piece)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise AnswerError(f"{model} broke its answer off") from None
    finally:
        task = asyncio.current_task()
        if task is not None and not task.cancelling():
            await pieces.put(_END)
