"""What is played in place of a voice."""

from __future__ import annotations

from collections.abc import AsyncIterator

from livekit import rtc

_RATE = 16_000
_FRAMES = 10
"""A second, in tenths."""


async def silence() -> AsyncIterator[rtc.AudioFrame]:
    """What is played in place of a voice: LiveKit writes in a room only what is heard as well."""
    for _ in range(_FRAMES):
        yield rtc.AudioFrame.create(_RATE, 1, _RATE // 10)
