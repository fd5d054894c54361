"""The suite for a voice."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from livekit.agents import APIError, tts

from runner.plugin.testing.suite import ONCE, Suite, named, wrong

_LONG = "This sentence is said again and again. " * 50

_PUSH = (
    "push the service's sound (output_emitter.push), and raise APIError where its answer has none"
)


class TTSSuite(Suite):
    """For a voice."""

    kind: ClassVar[type] = tts.TTS

    async def _speak(self, voice: tts.TTS[Any], text: str) -> float:
        """Say a text; the seconds of its sound."""
        seconds = 0.0
        async with voice.synthesize(text, conn_options=ONCE) as stream:
            async for event in stream:
                _as_announced("sample_rate", voice.sample_rate, event.frame.sample_rate)
                _as_announced("num_channels", voice.num_channels, event.frame.num_channels)
                seconds += event.frame.duration
        return seconds

    async def _heard(self, voice: tts.TTS[Any], text: str) -> float:
        """Say a text that has to be heard; the seconds of its sound."""
        seconds = await self._speak(voice, text)
        if not seconds:
            wrong(f"sound for {text!r}", "an end without any sound, and no error", _PUSH)
        return seconds

    def test_it_speaks(self) -> None:
        """A sentence becomes sound, in the rate and channels that it announces."""

        async def work() -> None:
            async with self._made() as voice:
                await self._heard(voice, "Good day.")

        self._run(work(), "a sentence becomes sound")

    def test_it_speaks_a_stream(self) -> None:
        """Text that comes in pieces is spoken; where it does not stream itself, by sentences."""

        async def work() -> None:
            async with self._made() as voice:
                streaming = voice if voice.capabilities.streaming else tts.StreamAdapter(tts=voice)
                async with _stream(streaming) as stream:
                    for piece in ("Good ", "day. How ", "are you?"):
                        stream.push_text(piece)
                    stream.end_input()
                    frames = [event.frame async for event in stream]
                if not sum(frame.duration for frame in frames):
                    wrong("sound for text in pieces", "an end without any sound", _PUSH)

        self._run(work(), "text that comes in pieces becomes sound")

    def test_interruption(self) -> None:
        """Who is interrupted stops at once, and can speak again."""

        async def work() -> None:
            async with self._made() as voice:
                stream = voice.synthesize(_LONG, conn_options=ONCE)
                async for _ in stream:
                    break
                async with self._at_once("a voice that is interrupted stops at once"):
                    await stream.aclose()
                await self._heard(voice, "Here again.")

        self._run(work(), "a voice stops when it is interrupted, and can speak again")

    def test_nothing_to_say(self) -> None:
        """Blanks are no reason to hang, nor to raise anything but LiveKit's errors."""

        async def work() -> None:
            async with self._made() as voice:
                try:
                    await self._speak(voice, "  ")
                except APIError:
                    return

        self._run(work(), "a text of blanks is silence, or refused by one of LiveKit's API errors")

    def test_a_long_text(self) -> None:
        """A text of two thousand characters is spoken to its end."""

        async def work() -> None:
            async with self._made() as voice:
                long, short = [await self._heard(voice, text) for text in (_LONG, "Good day.")]
                if long <= short:
                    wrong(
                        f"a text of {len(_LONG)} characters lasts longer than 'Good day.'",
                        f"{long:.1f} against {short:.1f} seconds: it was cut off",
                        "read the service's sound to its end; where it takes shorter texts only, "
                        "ask for one part after the other",
                    )

        self._run(work(), "a long text is spoken to its end")

    def test_several_at_once(self) -> None:
        """Several calls may speak at the same time."""

        async def work() -> None:
            async with self._made() as voice:
                texts = ("One.", "Two and more.", "Three.")
                await asyncio.gather(*(self._heard(voice, text) for text in texts))

        self._run(work(), "three texts are spoken at the same time: nothing of one is the other's")

    def test_failure(self) -> None:
        """A service that fails is one of LiveKit's API errors."""
        self._run_broken(lambda voice: self._speak(voice, "Good day."))


def _stream(voice: tts.TTS[Any]) -> tts.SynthesizeStream:
    try:
        return voice.stream(conn_options=ONCE)
    except NotImplementedError as error:
        wrong(
            "stream() gives a stream, since the voice's capabilities say streaming=True",
            named(error),
            "write stream(), or say TTSCapabilities(streaming=False): then each sentence is asked "
            "for by synthesize()",
            error,
        )


def _as_announced(option: str, announced: int, came: int) -> None:
    if came != announced:
        wrong(
            f"sound whose {option} is {announced}, as the voice announces",
            f"a frame whose {option} is {came}: it would be heard too fast or too slow",
            f"give the same {option} to tts.TTS.__init__ and to output_emitter.initialize: that of "
            "the service's sound",
        )
