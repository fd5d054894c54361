"""A voice without key or network: espeak-ng as a LiveKit text-to-speech."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lkrun_espeak.options import Options
from runner.plugin import Plugin

if TYPE_CHECKING:
    from lkrun_espeak.speech import EspeakTTS

__all__ = ["Options", "build", "plugin"]


def build(options: Options) -> EspeakTTS:
    """Make the voice for one call."""
    from lkrun_espeak.speech import EspeakTTS  # noqa: PLC0415 - options are checked without livekit

    return EspeakTTS(options)


plugin = Plugin(options=Options, build=build)
"""What lkrun finds under `tts: espeak`."""
