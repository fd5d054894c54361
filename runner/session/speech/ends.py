"""The agent's two ends of the line, as LiveKit's session has them: what it hears, what it says."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from livekit import rtc
from livekit.agents.voice.io import (
    AudioInput,
    AudioOutput,
    AudioOutputCapabilities,
    TextOutput,
)

from runner.session.speech.samples import RATE, TICK, Samples, frame_of, samples_of


class Ear(AudioInput):
    """What the agent hears."""

    def __init__(self) -> None:
        """Nothing has been said."""
        super().__init__(label="the caller")
        self._frames: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue()

    def hear(self, samples: Samples) -> None:
        """Hear something."""
        self._frames.put_nowait(frame_of(samples))

    async def __anext__(self) -> rtc.AudioFrame:
        """The next frame, when it has been said."""
        return await self._frames.get()


@dataclass
class _Speech:
    """Something that the agent says.

    Attributes:
        left: its samples that have not been heard yet.
        whole: nothing will be added to it.
        cut: nothing of it will be heard any more.
    """

    left: deque[Samples] = field(default_factory=deque)
    played: int = 0
    whole: bool = False
    cut: bool = False


class Mouth(AudioOutput):
    """What the agent says, heard a tick at a time.

    Attributes:
        cuts: how often its words were cut short.
    """

    def __init__(self) -> None:
        """Nothing is said."""
        super().__init__(
            label="the line",
            capabilities=AudioOutputCapabilities(pause=True),
            sample_rate=RATE,
        )
        self.cuts = 0
        self._speeches: deque[_Speech] = deque()
        self._open: _Speech | None = None
        self._paused = False

    @property
    def busy(self) -> bool:
        """Whether anything is still to be heard."""
        return bool(self._speeches)

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Say something after what is being said."""
        await super().capture_frame(frame)
        if self._open is None:
            self._open = _Speech()
            self._speeches.append(self._open)
        if not self._open.cut:
            self._open.left.append(samples_of(frame))

    def flush(self) -> None:
        """What was said last is complete."""
        super().flush()
        if self._open is None:
            return
        self._open.whole = True
        self._open = None

    def clear_buffer(self) -> None:
        """Fall silent at once."""
        for speech in self._speeches:
            if not speech.cut and (speech.left or not speech.whole):
                speech.cut = True
                self.cuts += bool(speech.played)
            speech.left.clear()

    def pause(self) -> None:
        """Fall silent until it goes on."""
        super().pause()
        self._paused = True

    def resume(self) -> None:
        """Go on."""
        super().resume()
        self._paused = False

    def next_tick(self) -> Samples:
        """What is heard of the agent in the next tick."""
        heard = np.zeros(TICK, np.int16)
        while self._speeches and self._speeches[0].whole and not self._speeches[0].left:
            self._finish(self._speeches.popleft())
        if self._paused or not self._speeches:
            return heard
        speech, at = self._speeches[0], 0
        while speech.left and at < TICK:
            piece = speech.left.popleft()
            part, rest = piece[: TICK - at], piece[TICK - at :]
            if len(rest):
                speech.left.appendleft(rest)
            heard[at : at + len(part)] = part
            at += len(part)
        if at and not speech.played:
            self.on_playback_started(created_at=time.time())
        speech.played += at
        return heard

    def _finish(self, speech: _Speech) -> None:
        self.on_playback_finished(playback_position=speech.played / RATE, interrupted=speech.cut)


class Words(TextOutput):
    """Where words go that are spoken: nowhere; they are counted by how far the voice came."""

    def __init__(self) -> None:
        """Take nothing."""
        super().__init__(label="nobody", next_in_chain=None)

    async def capture_text(self, text: str) -> None:
        """Pass over a piece of text."""

    def flush(self) -> None:
        """Pass over the end of a text."""
