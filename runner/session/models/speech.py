"""The speech-to-speech model of an agent or persona, in the place of ears and mind."""

from __future__ import annotations

from typing import Any

from runner.link.release import AgentRelease
from runner.provider_kinds import ProviderKind, used_in
from runner.schema.personas import Persona
from runner.schema.speech import answers_in_text, realtime_of
from runner.session.models.kinds import IN_TEXT
from runner.session.models.providers import Models

HEARS_AND_THINKS = frozenset({"llm", "stt"})
"""Kinds whose work a speech-to-speech model does."""


def built_by_themselves(release: AgentRelease, channel: str) -> list[ProviderKind]:
    """Kinds that a call uses, each LiveKit's argument of its own."""
    mode = channel
    if release.agent.only_listens:
        mode = release.agent.mode if channel == "voice" else ""
    return [kind for kind in used_in(mode) if kind.livekit_argument == kind.key]


def speech_model(
    release: AgentRelease, models: Models, channel: str, persona: Persona | None = None
) -> Any:
    """What a persona, or the agent where none is named, speaks through; None for none.

    Raises:
        CannotStartError: it cannot be built.
    """
    named = realtime_of(release.agent, persona)
    if not named:
        return None
    in_text = channel == "text" or answers_in_text(release.agent, persona)
    return models.get(IN_TEXT if in_text else "realtime", named)
