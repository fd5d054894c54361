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


class Microphone(stt.STT):
    """Ears that hear what a test lets the caller say, with the marks of a turn that STT sets."""

    def __init__(self):
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self.streams = []
        self.opened = asyncio.Event()
        self.language = "en"

    async def _recognize_impl(self, *_, **__):
        raise NotImplementedError

    def stream(self, *, conn_options, **_):
        return _Wire(stt=self, conn_options=conn_options)

    def begins(self):
        """The caller begins to speak."""
        self._send(stt.SpeechEventType.START_OF_SPEECH)

    def interim(self, text):
        """What is understood for now."""
        self._send(stt.SpeechEventType.INTERIM_TRANSCRIPT, text)

    def final(self, text):
        """What is understood for good."""
        self._send(stt.SpeechEventType.FINAL_TRANSCRIPT, text)

    def ends(self):
        """The caller has finished."""
        self._send(stt.SpeechEventType.END_OF_SPEECH)

    def says(self, text, language="en"):
        """A whole turn, understood as one of a language."""
        self.language = language
        self.begins()
        self.final(text)
        self.ends()

    def _send(self, kind, text=""):
        heard = [stt.SpeechData(language=self.language, text=text)] if text else []
        self.streams[-1].put_nowait(stt.SpeechEvent(kind, alternatives=heard))


class _Wire(stt.RecognizeStream):
    async def _run(self):
        events = asyncio.Queue()
        self._stt.streams.append(events)
        self._stt.opened.set()
        while True:
            self._event_ch.send_nowait(await events.get())


class HeldSpeaker(Speaker):
    """A loudspeaker that has played something when a test says so.

    Attributes:
        playing: set while something is being played.
        held: whether it waits to be told.
    """

    def __init__(self):
        super().__init__()
        self.held = True
        self.playing = asyncio.Event()

    async def capture_frame(self, frame):
        await super().capture_frame(frame)
        self.playing.set()

    def flush(self):
        AudioOutput.flush(self)
        if not self.held:
            self.finish()

    def finish(self, *, interrupted=False):
        """What is being played has been played, or was cut off."""
        if self.played:
            self.playing.clear()
            played, self.played = self.played, 0.0
            self.on_playback_finished(playback_position=played, interrupted=interrupted)

    def clear_buffer(self):
        self.finish(interrupted=True)
