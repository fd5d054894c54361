"""The suite for speech recognition."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest
from livekit import rtc
from livekit.agents import APIError, stt

from runner.plugin.testing.suite import ONCE, Suite

_MOMENT = 0.05
"""Seconds after which a service is being asked."""

_PAUSE = 15.0
"""Seconds of a long silence."""


class STTSuite(Suite):
    """For speech recognition.

    Attributes:
        words: what is said in `speech`, or a part of it.
    """

    words: ClassVar[str] = ""

    def speech(self) -> rtc.AudioFrame:
        """Something that is said, at any rate; half a second of silence without it."""
        return _silence(0.5)

    async def _recognise(self, ears: stt.STT[Any], *frames: rtc.AudioFrame) -> str:
        """What it understands, by the way that it has."""
        if ears.capabilities.offline_recognize:
            said = list(frames or (self.speech(),))
            event = await ears.recognize(said, conn_options=ONCE)
            assert event.type is stt.SpeechEventType.FINAL_TRANSCRIPT
            return " ".join(each.text for each in event.alternatives)
        return await self._stream(ears, *(frames or (self.speech(),)))

    async def _stream(self, ears: stt.STT[Any], *frames: rtc.AudioFrame) -> str:
        heard: list[str] = []
        async with ears.stream(conn_options=ONCE) as stream:
            for frame in frames:
                stream.push_frame(frame)
            stream.end_input()
            async for event in stream:
                if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT:
                    heard += [each.text for each in event.alternatives]
        return " ".join(heard)

    def _understood(self, heard: str) -> bool:
        if not self.words.strip():
            pytest.fail("write into 'words' what is said in 'speech': else nothing is tested")
        return self.words.lower() in heard.lower()

    def test_it_understands(self) -> None:
        """What is said comes back as a final transcript."""

        async def work() -> None:
            async with self._made() as ears:
                assert self._understood(await self._recognise(ears))

        self._run(work())

    def test_it_understands_a_stream(self) -> None:
        """A stream of sound that ends has an end, and its words."""

        async def work() -> None:
            async with self._made() as ears:
                if not ears.capabilities.streaming:
                    pytest.skip("it does not stream")
                assert self._understood(await self._stream(ears, self.speech()))

        self._run(work())

    def test_silence(self) -> None:
        """A second without a word is no reason to hang, nor to raise any but LiveKit's errors."""

        async def work() -> None:
            async with self._made() as ears:
                try:
                    await self._recognise(ears, _silence(1.0))
                except APIError:
                    return

        self._run(work())

    def test_a_stream_without_sound(self) -> None:
        """A caller who hangs up before the first sound leaves a stream that ends."""

        async def work() -> None:
            async with self._made() as ears:
                if not ears.capabilities.streaming:
                    pytest.skip("it does not stream")
                try:
                    await self._stream(ears)
                except APIError:
                    return

        self._run(work())

    def test_a_long_speech(self) -> None:
        """What is said between long silences is understood as well."""

        async def work() -> None:
            async with self._made() as ears:
                speech = self.speech()
                pause = _silence(_PAUSE, speech.sample_rate, speech.num_channels)
                assert self._understood(await self._recognise(ears, pause, speech, pause))

        self._run(work())

    def test_giving_up(self) -> None:
        """Who gives up on it, before it is asked or while it is, is let go at once."""

        async def work() -> None:
            async with self._made() as ears:
                for moment in (0.0, _MOMENT):
                    task = asyncio.ensure_future(self._recognise(ears))
                    await asyncio.wait([task], timeout=moment)
                    task.cancel()
                    async with asyncio.timeout(self.grace):
                        await asyncio.wait([task])
                assert self._understood(await self._recognise(ears))

        self._run(work())

    def test_several_at_once(self) -> None:
        """Several callers may be heard at the same time."""

        async def work() -> None:
            async with self._made() as ears:
                heard = await asyncio.gather(*(self._recognise(ears) for _ in range(3)))
                assert all(map(self._understood, heard))

        self._run(work())

    def test_failure(self) -> None:
        """A service that fails is one of LiveKit's API errors."""
        self._run_broken(self._recognise)


def _silence(seconds: float, rate: int = 16_000, channels: int = 1) -> rtc.AudioFrame:
    count = int(seconds * rate)
    return rtc.AudioFrame(bytes(2 * count * channels), rate, channels, count)
