"""What a provider is asked for before it can be heard: its answer waits until then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import aclosing
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from livekit.agents.utils import aio

log = logging.getLogger("lkrun")

PieceT = TypeVar("PieceT")

_READING: ContextVar[Early[Any] | None] = ContextVar("reading", default=None)
"""What is being asked early, for all that is done for it."""


def will_be_asked_again(*, given_up: bool) -> bool:
    """Whether what fails now was asked early and nobody has heard of it: no answer has failed yet.

    Args:
        given_up: whether it is over: from now on nothing of it may be heard.
    """
    early = _READING.get()
    if early is None or early.heard:
        return False
    early.refused = early.refused or given_up
    return True


class Early(Generic[PieceT]):
    """An answer that comes before it is wanted: frames of a voice, or pieces of a reply.

    Attributes:
        question: what it answers; it is used where the same is wanted.
        heard: something of it was given to who wanted it, so that it cannot be asked again.
        refused: it has failed, and nothing of it may be given any more.
        asks: LiveKit's objects that are asked.
    """

    def __init__(
        self,
        question: Any,
        source: AsyncGenerator[PieceT, None],
        asks: tuple[Any, ...] = (),
        counts: Callable[[PieceT], bool] = lambda _: True,
    ) -> None:
        """Ask at once.

        Args:
            question: what it answers.
            source: the answer.
            asks: LiveKit's objects that are asked; what they measure is told to `settle`.
            counts: whether there is something in a piece that can be heard.
        """
        self.question, self.asks = question, asks
        self.heard = self.refused = self._begun = False
        self._counts = counts
        self._pieces: aio.Chan[PieceT] = aio.Chan()
        self._error: Exception | None = None
        self._measured: list[tuple[Any, Any]] = []
        self._listening = [(each, self._measures(each)) for each in asks]
        for each, listener in self._listening:
            each.on("metrics_collected", listener)
        self._reading = asyncio.get_running_loop().create_task(self._read(source))

    def _measures(self, made: Any) -> Callable[[Any], None]:
        return lambda metrics: self._measured.append((made, metrics))

    async def _read(self, source: AsyncGenerator[PieceT, None]) -> None:
        _READING.set(self)
        try:
            async with aclosing(source) as pieces:
                async for piece in pieces:
                    self._begun = True
                    self._pieces.send_nowait(piece)
        except Exception as error:  # noqa: BLE001 - whoever wants the answer asks again
            log.debug("what was asked early has failed: %s", type(error).__name__)
            self._error, self.refused = error, True
        finally:
            self._pieces.close()

    async def pieces(
        self, otherwise: Callable[[], AsyncIterable[PieceT]]
    ) -> AsyncGenerator[PieceT, None]:
        """Yield the answer; where it failed before any of it was heard, that of asking again.

        Raises:
            Exception: it broke off after some of it had been heard.
        """
        try:
            async for piece in self._pieces:
                if self.refused and not self.heard:
                    break
                self.heard = self.heard or self._counts(piece)
                yield piece
            if self.heard and self._error is not None:
                raise self._error
            if not self.heard and (self.refused or not self._begun):
                async for piece in otherwise():
                    yield piece
        finally:
            await self.aclose()

    def settle(self) -> None:
        """Somebody measures now: tell what was measured before."""
        for made, listener in self._listening:
            made.off("metrics_collected", listener)
        self._listening.clear()
        for made, metrics in self._measured:
            made.emit("metrics_collected", metrics)
        self._measured.clear()

    async def aclose(self) -> None:
        """Stop asking."""
        if not self._reading.done():
            await aio.cancel_and_wait(self._reading)
