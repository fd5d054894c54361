"""The suite for speech recognition."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from livekit import rtc
from livekit.agents import APIError, stt

from runner.plugin.testing.suite import ONCE, Suite, wrong

_MOMENT = 0.05
"""Seconds after which a service is being asked."""

_PAUSE = 15.0
"""Seconds of a long silence."""


@dataclass(frozen=True, slots=True)
class _Understood:
    """What was understood for good, and what was only guessed meanwhile."""

    final: str
    interim: str = ""


class STTSuite(Suite):
    """For speech recognition.

    Attributes:
        words: what is said in `speech`, or a part of it.
    """

    kind: ClassVar[type] = stt.STT
    words: ClassVar[str] = ""

    def speech(self) -> rtc.AudioFrame:
        """Something that is said, at any rate; half a second of silence without it."""
        return _silence(0.5)

    async def _recognise(self, ears: stt.STT[Any], *frames: rtc.AudioFrame) -> _Understood:
        """What it understands, by the way that it has."""
        if not ears.capabilities.offline_recognize:
            return await self._stream(ears, *(frames or (self.speech(),)))
        event = await ears.recognize(list(frames or (self.speech(),)), conn_options=ONCE)
        if event.type is not stt.SpeechEventType.FINAL_TRANSCRIPT:
            wrong(
                "recognize() gives an event of the type FINAL_TRANSCRIPT",
                f"one of the type {event.type.name}",
                "give SpeechEvent(type=SpeechEventType.FINAL_TRANSCRIPT, alternatives=[…])",
            )
        return _Understood(_texts(event))

    async def _stream(self, ears: stt.STT[Any], *frames: rtc.AudioFrame) -> _Understood:
        kinds = stt.SpeechEventType
        heard: dict[stt.SpeechEventType, list[str]] = {}
        async with ears.stream(conn_options=ONCE) as stream:
            for frame in frames:
                stream.push_frame(frame)
            stream.end_input()
            async for event in stream:
                heard.setdefault(event.type, []).append(_texts(event))
        final, interim = kinds.FINAL_TRANSCRIPT, kinds.INTERIM_TRANSCRIPT
        return _Understood(" ".join(heard.get(final, [])), " ".join(heard.get(interim, [])))

    def _check(self, heard: _Understood) -> None:
        """What has to have been understood."""
        if not self.words.strip():
            wrong(
                f"{type(self).__name__} says what is said in 'speech'",
                "'words' is empty",
                "write into 'words' what is said in 'speech': else nothing is tested",
            )
        if self.words.lower() in heard.final.lower():
            return
        mend = (
            "send the service all of the sound, at the rate that it wants; or set 'words' to what "
            "is said in 'speech'"
        )
        came = f"{heard.final!r} was understood"
        if not heard.final.strip():
            came = "nothing was understood for good"
        if self.words.lower() in heard.interim.lower():
            came += f", only guessed meanwhile: {heard.interim!r}"
            mend = "when the stream ends, send what it understood as a FINAL_TRANSCRIPT event"
        wrong(f"{self.words!r} in the final transcript", came, mend)

    def test_it_understands(self) -> None:
        """What is said comes back as a final transcript."""

        async def work() -> None:
            async with self._made() as ears:
                self._check(await self._recognise(ears))

        self._run(work(), "what is said is understood")

    def test_it_understands_a_stream(self) -> None:
        """A stream of sound that ends has an end, and its words."""

        async def work() -> None:
            async with self._made() as ears:
                if not ears.capabilities.streaming:
                    pytest.skip("it does not stream")
                self._check(await self._stream(ears, self.speech()))

        self._run(work(), "a stream of sound is understood, and ends when its sound has ended")

    def test_silence(self) -> None:
        """A second without a word is no reason to hang, nor to raise any but LiveKit's errors."""

        async def work() -> None:
            async with self._made() as ears:
                try:
                    await self._recognise(ears, _silence(1.0))
                except APIError:
                    return

        self._run(work(), "a second of silence has no words, or is refused by an API error")

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

        self._run(work(), "a stream that ends before its first sound ends, without words")

    def test_a_long_speech(self) -> None:
        """What is said between long silences is understood as well."""

        async def work() -> None:
            async with self._made() as ears:
                speech = self.speech()
                pause = _silence(_PAUSE, speech.sample_rate, speech.num_channels)
                self._check(await self._recognise(ears, pause, speech, pause))

        self._run(work(), f"what is said between silences of {_PAUSE:g} seconds is understood")

    def test_giving_up(self) -> None:
        """Who gives up on it, before it is asked or while it is, is let go at once."""

        async def work() -> None:
            async with self._made() as ears:
                for moment in (0.0, _MOMENT):
                    task = asyncio.ensure_future(self._recognise(ears))
                    await asyncio.wait([task], timeout=moment)
                    task.cancel()
                    async with self._at_once("speech recognition that is cancelled stops at once"):
                        await asyncio.wait([task])
                self._check(await self._recognise(ears))

        self._run(work(), "speech recognition stops when it is cancelled, and understands again")

    def test_several_at_once(self) -> None:
        """Several callers may be heard at the same time."""

        async def work() -> None:
            async with self._made() as ears:
                for heard in await asyncio.gather(*(self._recognise(ears) for _ in range(3))):
                    self._check(heard)

        self._run(work(), "three are understood at the same time: nothing of one is the other's")

    def test_failure(self) -> None:
        """A service that fails is one of LiveKit's API errors."""
        self._run_broken(self._recognise)


def _texts(event: stt.SpeechEvent) -> str:
    return " ".join(each.text for each in event.alternatives)


def _silence(seconds: float, rate: int = 16_000, channels: int = 1) -> rtc.AudioFrame:
    count = int(seconds * rate)
    return rtc.AudioFrame(bytes(2 * count * channels), rate, channels, count)
