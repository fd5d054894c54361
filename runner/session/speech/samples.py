"""Samples as they go over a line that is not LiveKit's: one channel of 16 bits."""

from __future__ import annotations

from typing import Final

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

Samples = NDArray[np.int16]

RATE: Final = 24_000
"""Samples a second on the line, as LiveKit's rooms give them to an agent."""

TICK: Final = RATE // 50
"""Samples that are heard at once: 20 ms."""

SECONDS: Final = TICK / RATE
"""How long a tick is."""


def samples_of(frame: rtc.AudioFrame) -> Samples:
    """The first channel of a frame."""
    return np.frombuffer(bytes(frame.data), np.int16)[:: frame.num_channels]


def frame_of(samples: Samples, rate: int = RATE) -> rtc.AudioFrame:
    """Samples as LiveKit has them."""
    return rtc.AudioFrame(samples.tobytes(), rate, 1, len(samples))
