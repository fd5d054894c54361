"""The sound of fixed words, kept as files that the calls of a runner share.

Each call is a process of its own, so they meet in a folder: a file is written beside and renamed,
so that none is ever read half, and whoever adds one deletes those that were not heard for longest.
Its name is a hash of the voice and the words, since secrets may be among a voice's options.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import tempfile
import wave
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from livekit import rtc

log = logging.getLogger("lkrun")

MOST: Final = 64 * 1024 * 1024
"""Bytes that are kept."""

LARGEST: Final = MOST // 8
"""Bytes of one sound: nearly three minutes at 24 kHz."""

_FRAME: Final = 0.1
"""Seconds of one frame."""

_WIDTH: Final = 2
"""Bytes of a sample, as LiveKit's frames have them."""

Synthesis = Callable[[AsyncIterable[str]], AsyncIterable[rtc.AudioFrame]]
"""Speaks words."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Words as they were spoken: 16 bits a sample."""

    rate: int
    channels: int
    samples: bytes

    def frames(self) -> Iterator[rtc.AudioFrame]:
        """The sound as LiveKit plays it."""
        step = int(self.rate * _FRAME) * self.channels * _WIDTH
        for start in range(0, len(self.samples), step):
            part = self.samples[start : start + step]
            length = len(part) // (self.channels * _WIDTH)
            yield rtc.AudioFrame(part, self.rate, self.channels, length)


class Sounds:
    """The sounds in a folder.

    Args:
        folder: for these alone; it is made where it is lacking.
        most: bytes that are kept.
    """

    def __init__(self, folder: Path, most: int = MOST) -> None:
        """Read nothing yet."""
        self._folder, self._most = folder, most

    def find(self, voice: str, words: str) -> Sound | None:
        """The sound that words have in a voice; None where they were not spoken yet."""
        path = self._path(voice, words)
        try:
            with path.open("rb") as file, wave.open(file) as sound:
                samples = sound.readframes(sound.getnframes())
                kept = Sound(sound.getframerate(), sound.getnchannels(), samples)
        except (OSError, EOFError, wave.Error):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return kept

    def keep(self, voice: str, words: str, sound: Sound) -> None:
        """Keep a sound; where there is no place for it, the next call asks the voice again."""
        if not 0 < len(sound.samples) <= min(LARGEST, self._most):
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(self._path(voice, words), sound)
            self._bound()
        except OSError as error:
            log.debug("the sound of fixed words is not kept: %s", error.strerror)

    def _write(self, path: Path, sound: Sound) -> None:
        number, beside = tempfile.mkstemp(dir=self._folder)
        try:
            with os.fdopen(number, "wb") as file, wave.open(file, "wb") as written:
                written.setparams((sound.channels, _WIDTH, sound.rate, 0, "NONE", ""))
                written.writeframes(sound.samples)
            Path(beside).replace(path)
        except OSError:
            Path(beside).unlink(missing_ok=True)
            raise

    def _bound(self) -> None:
        """Delete what was not heard for longest, until the rest fits."""
        kept = []
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):  # another call has deleted it meanwhile
                state = path.stat()
                kept.append((state.st_mtime_ns, state.st_size, path))
        size = sum(each[1] for each in kept)
        for _, length, path in sorted(kept):
            if size <= self._most:
                return
            path.unlink(missing_ok=True)
            size -= length

    def _path(self, voice: str, words: str) -> Path:
        name = hashlib.sha256(f"{voice}\0{words}".encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / name


@dataclass(frozen=True, slots=True)
class KeptVoice:
    """A voice whose sounds are kept.

    Attributes:
        sounds: where.
        name: tells the voice with all its options from others.
        usable: whether it was that voice that has spoken, once something has.
    """

    sounds: Sounds
    name: str
    usable: Callable[[], bool] = lambda: True


async def remembered(
    voice: KeptVoice, text: AsyncIterable[str], speak: Synthesis
) -> AsyncGenerator[rtc.AudioFrame, None]:
    """The sound of fixed words: that of their first time, or from the voice, which is then kept.

    Args:
        voice: whose it is.
        text: what is spoken.
        speak: asks the voice.
    """
    words = "".join([piece async for piece in text])
    known = voice.sounds.find(voice.name, words)
    if known is not None:
        for frame in known.frames():
            yield frame
        return
    heard: list[rtc.AudioFrame] = []
    async with aclosing(_frames(speak(once(words)))) as frames:
        async for frame in frames:
            heard.append(frame)
            yield frame
    sound = _whole(heard)
    if sound is not None and voice.usable():
        await asyncio.to_thread(voice.sounds.keep, voice.name, words, sound)


async def once(words: str) -> AsyncGenerator[str, None]:
    """Words as LiveKit's nodes take them."""
    yield words


async def _frames(source: AsyncIterable[rtc.AudioFrame]) -> AsyncGenerator[rtc.AudioFrame, None]:
    async for frame in source:
        yield frame


def _whole(frames: list[rtc.AudioFrame]) -> Sound | None:
    """One sound of frames; None where they do not go together."""
    kinds = {(frame.sample_rate, frame.num_channels) for frame in frames}
    if len(kinds) != 1:
        return None
    ((rate, channels),) = kinds
    return Sound(rate, channels, b"".join(bytes(frame.data.cast("B")) for frame in frames))
