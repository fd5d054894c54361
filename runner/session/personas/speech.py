"""What a persona's speech-to-speech model can do, and what it does by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from livekit.agents import TurnHandlingOptions, llm

from runner.session.call import Call
from runner.session.settings.options import livekit_options


@dataclass(frozen=True, slots=True)
class SpeechModel:
    """A speech-to-speech model in the hands of a persona.

    Attributes:
        takes_turns: it finds the end of the caller's turn, and lets itself be interrupted: LiveKit
            cannot keep it from that.
        mute: there is nobody to speak given words: neither it can, nor is there a voice beside it.
    """

    takes_turns: bool
    mute: bool

    @classmethod
    def of(cls, call: Call, models: Mapping[str, Any], turns: TurnHandlingOptions) -> Self | None:
        """What there is to know of a persona's model; None where it is no such model."""
        model = models.get("llm")
        if not isinstance(model, llm.RealtimeModel):
            return None
        able = model.capabilities
        agents = livekit_options(call.bound.release.agent).get("turn_handling", {})
        detection = {**agents, **turns}.get("turn_detection")
        hears = models.get("vad") is not None and detection not in (None, "stt", "realtime_llm")
        ours = able.can_disable_turn_detection and (detection == "manual" or hears)
        return cls(
            takes_turns=call.channel == "voice" and able.turn_detection and not ours,
            mute=call.channel == "voice" and not models.get("tts") and not able.supports_say,
        )
