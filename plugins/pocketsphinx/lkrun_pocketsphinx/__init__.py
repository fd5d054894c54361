"""Speech recognition without key or network: pocketsphinx as a LiveKit speech-to-text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lkrun_pocketsphinx.options import Options
from runner.plugin import Plugin

if TYPE_CHECKING:
    from lkrun_pocketsphinx.recognition import PocketsphinxSTT

__all__ = ["Options", "build", "plugin"]


def build(options: Options) -> PocketsphinxSTT:
    """Make the recogniser for one call."""
    from lkrun_pocketsphinx.recognition import PocketsphinxSTT  # noqa: PLC0415 - options are checked without livekit

    return PocketsphinxSTT(options)


plugin = Plugin(options=Options, build=build)
"""What lkrun finds under `stt: pocketsphinx`."""
