"""Sounds that an author names: a file of the release, or one that LiveKit brings."""

from __future__ import annotations

import base64
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

from livekit import rtc
from livekit.agents import BuiltinAudioClip
from livekit.agents.utils.audio import audio_frames_from_file
from livekit.agents.utils.codecs import AudioStreamDecoder

log = logging.getLogger("lkrun")

LONGEST: Final = 60.0
"""Seconds of a sound that are played as an action: nobody listens to more."""

_RATE: Final = 48_000

BROUGHT: Final[Mapping[str, BuiltinAudioClip]] = {
    "city": BuiltinAudioClip.CITY_AMBIENCE,
    "crowd": BuiltinAudioClip.CROWDED_ROOM,
    "forest": BuiltinAudioClip.FOREST_AMBIENCE,
    "hold_music": BuiltinAudioClip.HOLD_MUSIC,
    "keyboard": BuiltinAudioClip.KEYBOARD_TYPING,
    "keyboard2": BuiltinAudioClip.KEYBOARD_TYPING2,
    "office": BuiltinAudioClip.OFFICE_AMBIENCE,
}
"""Sounds that LiveKit brings."""


async def frames(name: str, files: Mapping[str, str]) -> AsyncGenerator[rtc.AudioFrame, None]:
    """The sound, as far as it may be played; one that cannot be read is told and ends.

    Args:
        name: of a sound that LiveKit brings, or the path of a file.
        files: path → Base64, as a release holds them.
    """
    seconds = 0.0
    try:
        async with aclosing(_decoded(name, files)) as coming:
            async for frame in coming:
                yield frame
                seconds += frame.duration
                if seconds >= LONGEST:
                    log.warning("the sound '%s' is cut after %gs", name, LONGEST)
                    return
        if not seconds:
            log.warning("the sound '%s' cannot be played: nothing in it can be decoded", name)
    except Exception as error:  # noqa: BLE001 - whatever a decoder has against a file, the call goes on
        log.warning("the sound '%s' cannot be played: %s", name, error)


def written(name: str, files: Mapping[str, str], folder: Path) -> Path:
    """Write a file to a folder: LiveKit plays a sound in a circle by its path alone."""
    path = folder / name.replace("/", "_")
    path.write_bytes(base64.b64decode(files[name]))
    return path


def _decoded(name: str, files: Mapping[str, str]) -> AsyncGenerator[rtc.AudioFrame, None]:
    if name in BROUGHT:
        return audio_frames_from_file(BROUGHT[name].path(), _RATE, 1)
    return _of_bytes(base64.b64decode(files[name]))


async def _of_bytes(data: bytes) -> AsyncGenerator[rtc.AudioFrame, None]:
    decoder: Any = AudioStreamDecoder(sample_rate=_RATE, num_channels=1)
    try:
        decoder.push(data)
        decoder.end_input()
        async for frame in decoder:
            yield frame
    finally:
        await decoder.aclose()
