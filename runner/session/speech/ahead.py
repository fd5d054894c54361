"""The sound of a reply that still comes: its voice is given the words before they are wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from livekit import rtc
from livekit.agents.types import USERDATA_TTS_STARTED_TIME
from livekit.agents.utils import aio

from runner.session.speech.early import Early

Frames = AsyncGenerator[rtc.AudioFrame, None]
Speak = Callable[[AsyncIterable[str]], Frames]
"""Asks a voice for words."""


class Ahead:
    """What a voice says of words that it is given as they come.

    Where they are really to be spoken, it is given the real ones from there on. Where those begin
    otherwise than what it was given, nothing of its sound is heard.

    Attributes:
        voice: who speaks: it is used where the same shall.
    """

    def __init__(
        self, voice: Any, coming: AsyncIterable[str], speak: Speak, asks: tuple[Any, ...]
    ) -> None:
        """Ask at once.

        Args:
            voice: who speaks.
            coming: the words; where they break off, they do not end.
            speak: asks the voice.
            asks: LiveKit's objects that are asked.
        """
        self.voice = voice
        self._given, self._whole, self._spoken_anew = "", False, False
        self._words: aio.Chan[str] = aio.Chan()
        self._sound = Early(voice, speak(self._words), asks)
        self._giving = asyncio.get_running_loop().create_task(self._give(coming))

    async def _give(self, coming: AsyncIterable[str]) -> None:
        async for piece in coming:
            self._given += piece
            self._words.send_nowait(piece)
        self._whole = True
        self._words.close()

    async def frames(self, text: AsyncIterable[str], speak: Speak) -> Frames:
        """The sound of the real words.

        Args:
            text: all of them.
            speak: asks the voice for what it has not been asked for.
        """
        await aio.cancel_and_wait(self._giving)
        async with aio.itertools.tee(text, 2) as (compared, anew):
            rest = await self._rest(compared)
            if rest is None:
                await self.aclose()
                frames = speak(anew)
            else:
                frames = self._going_on(_chained(rest, compared), anew, speak)
            async with aclosing(frames):
                async for frame in frames:
                    yield frame

    async def _rest(self, text: AsyncIterator[str]) -> str | None:
        """What has come after the words that the voice was given; None where they are others."""
        come = ""
        while len(come) < len(self._given):
            piece = await anext(text, None)
            if piece is None or not self._given.startswith((come + piece)[: len(self._given)]):
                return None
            come += piece
        return come[len(self._given) :]

    async def _going_on(
        self, rest: AsyncIterable[str], anew: AsyncIterable[str], speak: Speak
    ) -> Frames:
        giving = None if self._whole else asyncio.create_task(self._give_rest(rest))
        try:
            async with aclosing(self._sound.pieces(lambda: self._anew(anew, speak))) as frames:
                async for frame in frames:
                    # LiveKit counts from there, and nobody has waited since then
                    frame.userdata.pop(USERDATA_TTS_STARTED_TIME, None)
                    yield frame
            if giving is None and not self._spoken_anew:
                async with aclosing(_after(rest, speak)) as frames:
                    async for frame in frames:
                        yield frame
        finally:
            if giving is not None:
                await aio.cancel_and_wait(giving)
            await self.aclose()

    def _anew(self, text: AsyncIterable[str], speak: Speak) -> Frames:
        self._spoken_anew = True
        return speak(text)

    async def _give_rest(self, rest: AsyncIterable[str]) -> None:
        try:
            async for piece in rest:
                self._words.send_nowait(piece)
        finally:
            self._words.close()

    def settle(self) -> None:
        """Somebody measures now: tell what was measured before."""
        self._sound.settle()

    async def aclose(self) -> None:
        """Ask no more."""
        await aio.cancel_and_wait(self._giving)
        await self._sound.aclose()


async def _after(rest: AsyncIterable[str], speak: Speak) -> Frames:
    """The sound of words that followed when all seemed to have come; mostly there are none."""
    words = "".join([piece async for piece in rest])
    if words.strip():
        async with aclosing(speak(_chained(words))) as frames:
            async for frame in frames:
                yield frame


async def _chained(first: str, rest: AsyncIterable[str] | None = None) -> AsyncGenerator[str, None]:
    if first:
        yield first
    if rest is not None:
        async for piece in rest:
            yield piece
