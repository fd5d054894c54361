"""pocketsphinx as a LiveKit STT: streaming, with interim and final results."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from livekit import rtc
from livekit.agents import stt
from livekit.agents.language import LanguageCode
from livekit.agents.types import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectOptions,
    NotGivenOr,
)
from livekit.agents.utils import AudioBuffer, shortuuid

from lkrun_pocketsphinx import decoding
from lkrun_pocketsphinx.options import Options, grammar_words, whole_grammar

_ENGLISH = LanguageCode("en")


class PocketsphinxSTT(stt.STT[str]):
    """A recogniser for English.

    Args:
        options: phrases or a grammar, and the pause that ends an utterance.
    """

    def __init__(self, options: Options) -> None:
        """Take the options; the models are loaded with the first audio, in a thread."""
        super().__init__(
            capabilities=stt.STTCapabilities(
                streaming=True, interim_results=True, manual_flush=True
            )
        )
        self.language = _language(options)
        self.pause = options.pause

    @property
    def model(self) -> str:
        """The model's name in usage and metrics."""
        return "en-us"

    @property
    def provider(self) -> str:
        """The provider's name in usage and metrics."""
        return "pocketsphinx"

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        """Begin to listen."""
        del language
        return _Listening(stt=self, conn_options=conn_options, sample_rate=decoding.SAMPLE_RATE)

    async def _recognize_impl(
        self,
        buffer: AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        del language, conn_options
        frames = buffer if isinstance(buffer, list) else [buffer]

        def work() -> str:
            return decoding.Recogniser(self.language, self.pause).all(samples_of(frames))

        text = await asyncio.to_thread(work)
        return _event(stt.SpeechEventType.FINAL_TRANSCRIPT, text, shortuuid("sphinx_"))


class _Listening(stt.RecognizeStream):
    _stt: PocketsphinxSTT

    def push_frame(self, frame: rtc.AudioFrame) -> None:
        super().push_frame(_one_channel(frame))  # LiveKit's resampler here takes one channel only

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "pocketsphinx") as thread:
            recogniser = await loop.run_in_executor(
                thread, decoding.Recogniser, self._stt.language, self._stt.pause
            )
            async for item in self._input_ch:
                if isinstance(item, rtc.AudioFrame):
                    work: Any = (_feed, recogniser, samples_of([item]))
                else:
                    work = (_end, recogniser)
                for heard in await loop.run_in_executor(thread, *work):
                    self._tell(heard)
            for heard in await loop.run_in_executor(thread, _end, recogniser):
                self._tell(heard)

    def _tell(self, heard: decoding.Heard) -> None:
        request = f"sphinx_{heard.start:.2f}"
        if heard.what == "begun":
            self._event_ch.send_nowait(
                stt.SpeechEvent(stt.SpeechEventType.START_OF_SPEECH, request)
            )
            return
        final = heard.what == "over"
        kinds = stt.SpeechEventType
        if heard.text:
            kind = kinds.FINAL_TRANSCRIPT if final else kinds.INTERIM_TRANSCRIPT
            start, end = (at + self.start_time_offset for at in (heard.start, heard.end))
            self._event_ch.send_nowait(_event(kind, heard.text, request, start, end))
        if final:
            self._event_ch.send_nowait(stt.SpeechEvent(kinds.END_OF_SPEECH, request))
            usage = stt.RecognitionUsage(audio_duration=max(0.0, heard.end - heard.start))
            self._event_ch.send_nowait(
                stt.SpeechEvent(kinds.RECOGNITION_USAGE, request, recognition_usage=usage)
            )


def samples_of(frames: list[rtc.AudioFrame]) -> bytes:
    """Frames as 16-bit samples of one channel at the recogniser's rate."""
    whole = _one_channel(rtc.combine_audio_frames(frames))
    if whole.sample_rate == decoding.SAMPLE_RATE:
        return bytes(whole.data)
    resampler = rtc.AudioResampler(
        whole.sample_rate, decoding.SAMPLE_RATE, quality=rtc.AudioResamplerQuality.HIGH
    )
    return b"".join(bytes(frame.data) for frame in [*resampler.push(whole), *resampler.flush()])


def _one_channel(frame: rtc.AudioFrame) -> rtc.AudioFrame:
    if frame.num_channels == 1:
        return frame
    first = frame.data[:: frame.num_channels].tobytes()
    return rtc.AudioFrame(first, frame.sample_rate, 1, frame.samples_per_channel)


def _language(options: Options) -> decoding.Language:
    if options.phrases is not None:
        return decoding.of_phrases(options.phrases)
    if options.grammar is not None:
        words = frozenset(grammar_words(options.grammar))
        return decoding.Language(whole_grammar(options.grammar), words)
    return decoding.Language()


def _feed(recogniser: decoding.Recogniser, samples: bytes) -> list[decoding.Heard]:
    return list(recogniser.feed(samples))


def _end(recogniser: decoding.Recogniser) -> list[decoding.Heard]:
    return list(recogniser.end())


def _event(
    kind: stt.SpeechEventType, text: str, request: str, start: float = 0.0, end: float = 0.0
) -> stt.SpeechEvent:
    said = stt.SpeechData(_ENGLISH, text, start_time=start, end_time=end, confidence=1.0)
    return stt.SpeechEvent(kind, request, alternatives=[said])
