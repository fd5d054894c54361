"""STT, TTS and a loudspeaker without sound, for calls by voice without a room."""

from __future__ import annotations

import asyncio

from livekit import rtc
from livekit.agents import stt, tts
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities


class Ears(stt.STT):
    """Ears whose service fails, or hears words, as is given; then it hears nothing."""

    def __init__(self, *turns):
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=False))
        self.turns = list(turns)
        self.silent = asyncio.Event()
        self.understood = asyncio.Event()

    async def _recognize_impl(self, *_, **__):
        raise NotImplementedError

    def stream(self, *, conn_options, **_):
        return Listening(stt=self, conn_options=conn_options)


class Listening(stt.RecognizeStream):
    async def _run(self):
        while self._stt.turns:
            turn = self._stt.turns.pop(0)
            if isinstance(turn, Exception):
                raise turn
            heard = [stt.SpeechData(language="en", text=turn)]
            self._event_ch.send_nowait(
                stt.SpeechEvent(stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=heard)
            )
            await self._stt.understood.wait()
        self._stt.silent.set()
        await asyncio.Event().wait()


class Voice(tts.TTS):
    """A voice whose service fails, or speaks a moment of silence where nothing is given."""

    def __init__(self, *turns):
        capabilities = tts.TTSCapabilities(streaming=False)
        super().__init__(capabilities=capabilities, sample_rate=16000, num_channels=1)
        self.turns = list(turns)

    def synthesize(self, text, *, conn_options):
        return Speaking(tts=self, input_text=text, conn_options=conn_options)


class Speaking(tts.ChunkedStream):
    async def _run(self, output_emitter):
        turn = self._tts.turns.pop(0) if self._tts.turns else None
        if turn is not None:
            raise turn
        output_emitter.initialize(
            request_id="r", sample_rate=16000, num_channels=1, mime_type="audio/pcm"
        )
        output_emitter.push(bytes(3200))


class Speaker(AudioOutput):
    """A loudspeaker that plays in no time."""

    def __init__(self):
        able = AudioOutputCapabilities(pause=False)
        super().__init__(label="speaker", capabilities=able, sample_rate=16000)
        self.played = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame):
        await super().capture_frame(frame)
        if not self.played:
            self.on_playback_started(created_at=0.0)
        self.played += frame.duration

    def flush(self):
        super().flush()
        if self.played:
            self.on_playback_finished(playback_position=self.played, interrupted=False)
        self.played = 0.0

    def clear_buffer(self):
        pass


async def until(talk, wanted):
    """The events up to the one that is wanted."""
    seen = [await talk.queue.get()]
    while not wanted(seen[-1]):
        seen.append(await talk.queue.get())
    return seen
