"""espeak-ng as a LiveKit TTS: a sentence at a time, as LiveKit cuts the stream into sentences."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from livekit.agents import APIError, tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions
from livekit.agents.utils import shortuuid

from lkrun_espeak import engine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lkrun_espeak.options import Options

_SILENCE = bytes(engine.SAMPLE_RATE // 100 * 2)
"""10 ms, for a text without any sound: LiveKit takes no audio at all for a failure."""


class EspeakTTS(tts.TTS[str]):
    """A voice of espeak-ng.

    Args:
        options: voice, speed, pitch and volume.
    """

    def __init__(self, options: Options) -> None:
        """Take the options; the library is loaded by `prewarm` or with the first sentence."""
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False),
            sample_rate=engine.SAMPLE_RATE,
            num_channels=1,
        )
        self._voice = options.voice
        self.manner = engine.Manner(options.voice, options.speed, options.pitch, options.volume)

    @property
    def model(self) -> str:
        """The voice, for usage and metrics."""
        return self._voice

    @property
    def provider(self) -> str:
        """The provider's name in usage and metrics."""
        return "espeak-ng"

    def prewarm(self) -> None:
        """Load the library in the background."""
        threading.Thread(target=engine.warm, name="espeak-warm", daemon=True).start()

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        """Speak one text."""
        return _Utterance(tts=self, input_text=text, conn_options=conn_options, manner=self.manner)


class _Utterance(tts.ChunkedStream):
    def __init__(
        self,
        *,
        tts: EspeakTTS,
        input_text: str,
        conn_options: APIConnectOptions,
        manner: engine.Manner,
    ) -> None:
        super().__init__(tts=tts, input_text=input_text, conn_options=conn_options)
        self._manner = manner

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=shortuuid("espeak_"),
            sample_rate=engine.SAMPLE_RATE,
            num_channels=1,
            mime_type="audio/pcm",
        )
        silent = True
        try:
            async for piece in pieces(self._input_text, self._manner):
                output_emitter.push(piece)
                silent = False
        except engine.EspeakError as error:
            raise APIError(str(error), retryable=False) from error
        if silent:
            output_emitter.push(_SILENCE)
        output_emitter.flush()


async def pieces(text: str, manner: engine.Manner) -> AsyncIterator[bytes]:
    """The speech of a text, piece by piece; leaving the loop stops the engine.

    Raises:
        EspeakError: the engine refused.
    """
    loop = asyncio.get_running_loop()
    made: asyncio.Queue[bytes | None] = asyncio.Queue()
    stopped = threading.Event()

    def take(piece: bytes) -> bool:
        if stopped.is_set():
            return False
        loop.call_soon_threadsafe(made.put_nowait, piece)
        return True

    def work() -> None:
        if not stopped.is_set():
            engine.speak(text, manner, take)

    spoken = loop.run_in_executor(None, work)
    spoken.add_done_callback(lambda _: made.put_nowait(None))
    try:
        while (piece := await made.get()) is not None:
            yield piece
        await spoken
    finally:
        stopped.set()
