"""Who speaks through a speech-to-speech model, and whether such a model speaks or writes."""

from __future__ import annotations

from typing import Any

from runner.schema.agents import Agent
from runner.schema.personas import Persona
from runner.schema.providers import chosen

SAYS_EXACTLY = frozenset({"phonic"})
"""LiveKit plugins whose speech-to-speech model says a given text word for word.

LiveKit tells it of the built object alone (`RealtimeCapabilities.supports_say`).
"""


def realtime_of(agent: Agent, persona: Persona | None = None) -> Any:
    """The speech-to-speech models that a persona speaks through, or the agent; None for none.

    A persona with a model of its own, `llm`, does not speak through the agent's.
    """
    if persona is not None:
        own = chosen(persona, "realtime")
        if own is not None or chosen(persona, "llm") is not None:
            return own
    return chosen(agent, "realtime")


def answers_in_text(agent: Agent, persona: Persona | None = None) -> bool:
    """Whether the speech-to-speech model writes, and a voice speaks for it.

    So it is where the voice is written beside it, or by a persona that uses the agent's model.
    """
    if persona is None:
        return bool(chosen(agent, "tts"))
    if chosen(persona, "tts") is not None or chosen(persona, "realtime") is not None:
        return bool(chosen(persona, "tts"))
    return bool(chosen(agent, "tts"))
