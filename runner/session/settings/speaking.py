"""How a persona speaks, in LiveKit's terms: set on the session as soon as the persona takes over.

LiveKit reads all of it anew for each thing that is said, so a running call hears a change from its
next words on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from livekit.agents import AgentSession, inference, tts
from livekit.agents.tts._provider_format import strip_all_markup

from runner.schema.agents import Agent
from runner.schema.personas import Persona
from runner.schema.speaking import STRIPPED, Expressive, Speaking
from runner.schema.types.texts import Told
from runner.session.call import Call
from runner.session.settings.pronunciations import pronouncing

log = logging.getLogger("lkrun")


@dataclass(frozen=True, slots=True)
class SpeakingOptions:
    """How somebody speaks.

    Attributes:
        transforms: what is done to words before they are spoken.
        gap: the least seconds between two things that are said.
        aligned: whether words are shown as they are heard.
        expressive: how the model steers the voice.
    """

    transforms: list[Any]
    gap: float
    aligned: bool | None
    expressive: Any

    def set_on(self, session: AgentSession[Any], *, aloud: bool) -> None:
        """Have a session speak so; in writing nobody hears a pause, and all would wait for it."""
        session.options.tts_text_transforms = self.transforms
        session.options.min_consecutive_speech_delay = self.gap if aloud else 0.0
        session.options.use_tts_aligned_transcript = self.aligned
        session.update_options(expressive=self.expressive)


def speaking_options(
    agent: Agent, persona: Persona | None, render: Callable[[Told], str]
) -> SpeakingOptions:
    """What an agent and the persona that speaks write; the persona's own key stands first.

    Args:
        agent: the agent.
        persona: who speaks.
        render: renders what the model is told.
    """
    blocks = (persona.speech if persona is not None else None, agent.speech)
    written: dict[str, Any] = {}
    for speech in reversed([block for block in blocks if block is not None]):
        written |= {name: getattr(speech, name) for name in speech.model_fields_set}
    speech = Speaking.model_construct(**written)
    transforms: list[Any] = [f"filter_{e}" for e in STRIPPED if speech.strip and e in speech.strip]
    if agent.pronunciations:
        transforms.append(pronouncing({str(k): str(v) for k, v in agent.pronunciations.items()}))
    aligned = speech.aligned_transcript if "aligned_transcript" in written else None
    return SpeakingOptions(transforms, speech.gap, aligned, _expressing(speech.expressive, render))


def _expressing(value: Expressive | bool, render: Callable[[Told], str]) -> Any:
    if isinstance(value, bool):
        return value
    steering: dict[str, Any] = {"disfluencies": value.fillers, "nonverbal_sounds": value.sounds}
    if value.pace is not None:
        steering["pace"] = value.pace
    options: dict[str, Any] = {"speech_steering": steering}
    if value.instructions is not None:
        # LiveKit takes what stands in braces for values of its own
        text = render(value.instructions).replace("{", "{{").replace("}", "}}")
        options["tts_instructions_append"] = text
    return options


class Manner:
    """How the personas of a call speak, as the call's release has it now."""

    def __init__(self, call: Call) -> None:
        """Nobody speaks yet."""
        self._call = call
        self._expressive = self._warned = False

    def take(self, name: str) -> None:
        """Speak as a persona does."""
        bound, session = self._call.bound, self._call.session
        persona = bound.release.personas.get(name)
        options = speaking_options(bound.release.agent, persona, bound.renderer.text)
        aloud = self._call.channel == "voice"
        options.set_on(session, aloud=aloud)
        self._expressive = options.expressive is not False and aloud
        if self._expressive and not self._warned and not _can_be_steered(session):
            self._warned = True
            log.warning("'expressive' has no effect: LiveKit cannot steer the voice of '%s'", name)

    def as_heard(self, text: str) -> str:
        """Words without what the model wrote into them to steer the voice."""
        steered = self._expressive and "<" in text and _can_be_steered(self._call.session)
        return strip_all_markup(text) if steered else text


def _can_be_steered(session: AgentSession[Any]) -> bool:
    own = session.current_agent.tts
    return can_be_steered(own if isinstance(own, tts.TTS) else session.tts)


def can_be_steered(voice: Any) -> bool:
    """Whether LiveKit gives the model a way to steer a voice: `_resolve_expressive_options`."""
    if not isinstance(voice, tts.TTS) or voice.markup.llm_instructions() is None:
        return False
    return not voice.capabilities.streaming or isinstance(voice, inference.TTS | tts.StreamAdapter)
