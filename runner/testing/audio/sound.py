"""Samples: of WAV files, of LiveKit's frames, and of a whole talk in one file."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from runner.session.speech.samples import RATE, Samples, frame_of, samples_of

_AUDIBLE: Final = 0.01
"""Root mean square, of 1, above which a tick is heard."""

_WIDTHS: Final = {1: np.uint8, 2: np.int16, 4: np.int32}


class SoundError(Exception):
    """A file that cannot be played; the message says why."""


def audible(samples: Samples) -> bool:
    """Whether there is anything to hear."""
    scaled = samples.astype(np.float32) / 32_768
    return bool(len(scaled)) and float(np.sqrt(np.mean(scaled * scaled))) > _AUDIBLE


def read_wav(data: bytes, name: str) -> Samples:
    """The samples of a WAV file, one channel, at the line's rate.

    Raises:
        SoundError: it is something else.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        why = f" ({error})" if str(error) else ""
        raise SoundError(f"'{name}' is not a WAV file with plain samples{why}") from None
    if width not in _WIDTHS or not raw:
        what = "holds no sound" if not raw else f"has samples of {8 * width} bits"
        raise SoundError(f"'{name}' {what}; save it as a WAV file of 16 bits")
    whole = len(raw) // (width * channels) * channels
    values = np.frombuffer(raw, _WIDTHS[width], whole).astype(np.float64).reshape(-1, channels)
    middle, top = (128.0, 128.0) if width == 1 else (0.0, 2.0 ** (8 * width - 1))
    mixed = (values.mean(axis=1) - middle) / top * 32_767
    return resampled(mixed.astype(np.int16), rate)


def resampled(samples: Samples, rate: int) -> Samples:
    """Samples at the line's rate."""
    if rate == RATE or not len(samples):
        return samples
    frame = frame_of(samples, rate)
    resampler = rtc.AudioResampler(rate, RATE, quality=rtc.AudioResamplerQuality.HIGH)
    made = [*resampler.push(frame), *resampler.flush()]
    return np.concatenate([samples_of(each) for each in made] or [samples[:0]])


def louder(samples: Samples, volume: float) -> Samples:
    """Samples with another loudness; what is too loud is cut off."""
    return _cut(samples.astype(np.float32) * volume)


def mixed(one: Samples, other: Samples) -> Samples:
    """Both at once."""
    return _cut(one.astype(np.float32) + other)


def _cut(values: NDArray[np.float32]) -> Samples:
    samples: Samples = np.clip(values, -32_768, 32_767).astype(np.int16)
    return samples


def write_stereo(path: Path, left: Sequence[Samples], right: Sequence[Samples]) -> None:
    """Write two ends of a line as a WAV file.

    Raises:
        OSError: it cannot be written.
    """
    nothing = np.zeros(0, np.int16)
    both = np.stack([np.concatenate([nothing, *left]), np.concatenate([nothing, *right])], axis=1)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(both.tobytes())
