"""A LiveKit plugin made up for this folder."""

from __future__ import annotations

from livekit.agents import llm

from . import tools as tools


class LLM(llm.LLM):
    """A model."""

    def __init__(self, *, model: str = "a-1") -> None:
        """Take the name of a model."""


class RealtimeModel(llm.RealtimeModel):
    """A speech-to-speech model."""

    def __init__(self, *, voice: str = "ann") -> None:
        """Take the name of a voice."""
