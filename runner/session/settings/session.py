"""How a conversation begins: its variables, and LiveKit's session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livekit.agents import AgentSession, NotGivenOr, STTContextOptions, TurnHandlingOptions
from livekit.agents.types import NOT_GIVEN
from livekit.agents.voice.transcription import text_transforms

from runner.provider_kinds import BY_KEY, used_in
from runner.schema.agents import Idle, Limits
from runner.schema.providers import chosen
from runner.session.call import Call
from runner.session.models import kinds
from runner.session.models.kinds import CannotStartError
from runner.session.settings.turns import turn_handling
from runner.session.values.conversion import MisfitError
from runner.session.values.defaults import set_defaults
from runner.session.values.templates import TemplateRenderer
from runner.session.values.variables import Variables

LAST_WORDS = 0.5
"""Seconds that a call waits at its end for the caller's last words; LiveKit's 2 are too many."""


def begin_variables(
    variables: Variables, renderer: TemplateRenderer, given: Mapping[str, Any]
) -> None:
    """Give variables the values that they begin with: those from outside, then the defaults.

    Raises:
        CannotStartError: one that was given is unknown, fixed or does not fit.
    """
    for name, value in given.items():
        if name not in variables.fields and name not in variables.fixed:
            raise CannotStartError(f"the agent has no variable '{name}'")
        try:
            variables.set(name, value)
        except MisfitError as problem:
            raise CannotStartError(f"'{name}' {problem}") from None
    set_defaults(variables, renderer, [name for name in variables.fields if name not in given])


def new_session(call: Call) -> AgentSession[Any]:
    """LiveKit's session for a call.

    Raises:
        CannotStartError: a provider cannot be built.
    """
    agent = call.bound.release.agent
    models: dict[str, Any] = dict.fromkeys(BY_KEY)
    silent = []
    for kind in used_in(call.channel):
        names = chosen(agent, kind.key)
        if names:
            models[kind.key] = call.bound.models.get(kind.key, names)
        elif names is None:
            silent.append(kind.key)
            models[kind.key] = NOT_GIVEN
    session: AgentSession[Any] = AgentSession(**models, **settings(call), userdata=call)
    for key in silent:
        if kinds.of(key).ordinary is not None:
            call.bound.models.ordinaries[key] = getattr(session, key)
    return session


def idle_of(call: Call) -> Idle | None:
    """What is done when the caller says nothing, where anybody waits for words."""
    idle = call.bound.release.agent.idle
    return idle if call.awaits and isinstance(idle, Idle) else None


def settings(call: Call) -> dict[str, Any]:
    """What a session is told beside its models."""
    agent, idle = call.bound.release.agent, idle_of(call)
    voice = call.channel == "voice"
    turns = turn_handling(agent.turn_taking) if voice else TurnHandlingOptions(turn_detection=None)
    return {
        "turn_handling": turns,
        # LiveKit allows one round more than it is told
        "max_tool_steps": (agent.limits or Limits()).max_tool_steps - 1,
        "stt_context_options": STTContextOptions(keyterms=[str(term) for term in agent.keyterms]),
        "tts_text_transforms": _transforms(agent.pronunciations),
        "user_away_timeout": idle.after if idle is not None else None,
        "session_close_transcript_timeout": LAST_WORDS,
    }


def _transforms(pronunciations: Mapping[str, str]) -> NotGivenOr[list[Any]]:
    """What is done to words before they are spoken: LiveKit's own, then the pronunciations."""
    if not pronunciations:
        return NOT_GIVEN
    spoken = text_transforms.replace({str(k): str(v) for k, v in pronunciations.items()})
    return ["filter_markdown", "filter_emoji", spoken]
