"""A package with a plugin of every kind, each as small as it can be."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import inference, llm, stt, tts, vad
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from livekit.agents.utils import shortuuid
from livekit.plugins.openai.realtime import RealtimeModel
from pydantic import BaseModel, Field

from runner.plugin import Plugin

RATE = 16_000


class Options(BaseModel):
    """What each of them takes."""

    word: str = Field("echo", description="What it says or hears")
    base_url: str = Field("", description="Where its service is")


class Mind(llm.LLM[Any]):
    """Repeats what was said; it weighs what is called a parcel."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.options = options

    def chat(
        self, *, chat_ctx: Any, tools: Any = None, conn_options: Any = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> Any:  # fmt: skip
        """Answer."""
        return Answer(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class Answer(llm.LLMStream):
    """One answer."""

    async def _run(self) -> None:
        last = self._chat_ctx.items[-1]
        if last.type == "function_call_output":
            delta = llm.ChoiceDelta(role="assistant", content=f"It is {last.output}.")
        elif "parcel" in (text := getattr(last, "text_content", "") or ""):
            called = llm.FunctionToolCall(name="weigh", arguments='{"grams": 5}', call_id="one")
            delta = llm.ChoiceDelta(role="assistant", tool_calls=[called])
        else:
            words = f"{self._llm.options.word}: {text}"  # type: ignore[attr-defined]  # it is a Mind
            delta = llm.ChoiceDelta(role="assistant", content=words)
        self._event_ch.send_nowait(llm.ChatChunk(id=shortuuid(), delta=delta))


class Ears(stt.STT[Any]):
    """Understands one word, whatever is said."""

    def __init__(self, options: Options) -> None:
        can = stt.STTCapabilities(streaming=False, interim_results=False)
        super().__init__(capabilities=can)
        self.options = options

    async def _recognize_impl(self, *_: Any, **__: Any) -> stt.SpeechEvent:
        return stt.SpeechEvent(
            type=stt.SpeechEventType.FINAL_TRANSCRIPT,
            alternatives=[stt.SpeechData(language="en", text=self.options.word)],
        )


class Voice(tts.TTS[Any]):
    """Says everything in a tenth of a second of silence."""

    def __init__(self, options: Options) -> None:
        can = tts.TTSCapabilities(streaming=False)
        super().__init__(capabilities=can, sample_rate=RATE, num_channels=1)
        self.options = options

    def synthesize(self, text: str, *, conn_options: Any = DEFAULT_API_CONNECT_OPTIONS) -> Any:
        """Speak."""
        return Words(tts=self, input_text=text, conn_options=conn_options)


class Words(tts.ChunkedStream):
    """A text."""

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=shortuuid(), sample_rate=RATE, num_channels=1, mime_type="audio/pcm"
        )
        output_emitter.push(bytes(RATE // 5))
        output_emitter.flush()


class Level(vad.VAD):
    """Takes what is loud for speech."""

    def __init__(self, _: Options) -> None:
        super().__init__(capabilities=vad.VADCapabilities(update_interval=0.05))

    def stream(self) -> Any:
        """Listen."""
        return Listening(self)


class Listening(vad.VADStream):
    """What is loud begins speech, half a second of silence ends it."""

    async def _main_task(self) -> None:
        heard: list[rtc.AudioFrame] = []
        quiet, at = 0.0, 0.0
        async for frame in self._input_ch:
            if not isinstance(frame, rtc.AudioFrame):
                heard, quiet = [], 0.0
                continue
            at += frame.duration
            loud = np.abs(np.frombuffer(frame.data, np.int16).astype(int)).max(initial=0) > 500
            quiet = 0.0 if loud else quiet + frame.duration
            if loud and not heard:
                self._tell(vad.VADEventType.START_OF_SPEECH, [frame], at, 0.0)
            if loud or heard:
                heard.append(frame)
            self._tell(vad.VADEventType.INFERENCE_DONE, [frame], at, quiet, bool(heard))
            if heard and quiet >= 0.5:
                self._tell(vad.VADEventType.END_OF_SPEECH, heard, at, quiet)
                heard = []

    def _tell(
        self, kind: Any, frames: list[rtc.AudioFrame], at: float, quiet: float, speaks: bool = True
    ) -> None:
        self._event_ch.send_nowait(
            vad.VADEvent(
                type=kind, samples_index=int(at * RATE), timestamp=time.time(),
                speech_duration=sum(frame.duration for frame in frames), silence_duration=quiet,
                frames=list(frames), probability=float(speaks), speaking=speaks,
            )
        )  # fmt: skip


class Quiet(rtc.FrameProcessor[rtc.AudioFrame]):
    """Takes no noise out."""

    enabled = True

    def _process(self, frame: rtc.AudioFrame) -> rtc.AudioFrame:
        return frame

    def _close(self) -> None:
        pass


class Speech(RealtimeModel):
    """A speech-to-speech model."""


class Detector(inference.TurnDetector):
    """Tells the end of a turn."""


def build_loud(options: Options) -> Any:
    """A node that says more."""

    async def loud(source: Any, model_settings: Any, forward: Any) -> Any:
        async for piece in forward(source, model_settings):
            yield piece
        yield f" {options.word}"

    return loud


def build_weigh(options: Options) -> Any:
    """A tool."""

    async def weigh(arguments: dict[str, Any]) -> str:
        return f"{arguments['grams']} {options.word}"

    return weigh


mind = Plugin(options=Options, build=Mind)
ears = Plugin(options=Options, build=Ears)
voice = Plugin(options=Options, build=Voice)
level = Plugin(options=Options, build=Level)
speech = Plugin(options=Options, build=lambda o: Speech(base_url=o.base_url, api_key="key-1"))
detector = Plugin(options=Options, build=lambda _: Detector(version="v1-mini"))
quiet = Plugin(options=Options, build=lambda _: Quiet())
loud = Plugin(options=Options, build=build_loud)
weigh = Plugin(options=Options, build=build_weigh)
