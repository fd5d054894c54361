"""The suite for a voice."""

from __future__ import annotations

import asyncio
from typing import Any

from livekit.agents import APIError, tts

from runner.plugin.testing.suite import ONCE, Suite

_LONG = "This sentence is said again and again. " * 50


class TTSSuite(Suite):
    """For a voice."""

    async def _speak(self, voice: tts.TTS[Any], text: str) -> float:
        """Say a text; the seconds of its sound."""
        seconds = 0.0
        async with voice.synthesize(text, conn_options=ONCE) as stream:
            async for event in stream:
                assert event.frame.sample_rate == voice.sample_rate
                assert event.frame.num_channels == voice.num_channels
                seconds += event.frame.duration
        return seconds

    def test_it_speaks(self) -> None:
        """A sentence becomes sound, in the rate and channels that it announces."""

        async def work() -> None:
            async with self._made() as voice:
                assert await self._speak(voice, "Good day.") > 0

        self._run(work())

    def test_it_speaks_a_stream(self) -> None:
        """Text that comes in pieces is spoken; where it does not stream itself, by sentences."""

        async def work() -> None:
            async with self._made() as voice:
                streaming = voice if voice.capabilities.streaming else tts.StreamAdapter(tts=voice)
                async with streaming.stream(conn_options=ONCE) as stream:
                    for piece in ("Good ", "day. How ", "are you?"):
                        stream.push_text(piece)
                    stream.end_input()
                    frames = [event.frame async for event in stream]
                assert sum(frame.duration for frame in frames) > 0

        self._run(work())

    def test_interruption(self) -> None:
        """Who is interrupted stops at once, and can speak again."""

        async def work() -> None:
            async with self._made() as voice:
                stream = voice.synthesize(_LONG, conn_options=ONCE)
                async for _ in stream:
                    break
                async with asyncio.timeout(self.grace):
                    await stream.aclose()
                assert await self._speak(voice, "Here again.") > 0

        self._run(work())

    def test_nothing_to_say(self) -> None:
        """Blanks are no reason to hang, nor to raise anything but LiveKit's errors."""

        async def work() -> None:
            async with self._made() as voice:
                try:
                    await self._speak(voice, "  ")
                except APIError:
                    return

        self._run(work())

    def test_a_long_text(self) -> None:
        """A text of two thousand characters is spoken to its end, or refused as LiveKit does."""

        async def work() -> None:
            async with self._made() as voice:
                assert await self._speak(voice, _LONG) > await self._speak(voice, "Good day.")

        self._run(work())

    def test_several_at_once(self) -> None:
        """Several calls may speak at the same time."""

        async def work() -> None:
            async with self._made() as voice:
                texts = ("One.", "Two and more.", "Three.")
                lengths = await asyncio.gather(*(self._speak(voice, text) for text in texts))
                assert all(lengths)

        self._run(work())

    def test_failure(self) -> None:
        """A service that fails is one of LiveKit's API errors."""
        self._run_broken(lambda voice: self._speak(voice, "Good day."))
