"""How a conversation begins: its variables, and LiveKit's session."""

from __future__ import annotations

import contextvars
from collections.abc import Mapping
from typing import Any

from livekit import rtc
from livekit.agents import AgentEvent, AgentSession
from livekit.agents.types import NOT_GIVEN
from livekit.agents.voice.events import EventTypes

from runner.provider_kinds import KINDS
from runner.schema.agents import Idle
from runner.schema.providers import chosen
from runner.session.call import Call
from runner.session.errors import MisfitError, UnfitVariableError
from runner.session.models import kinds
from runner.session.models.speech import HEARS_AND_THINKS, built_by_themselves, speech_model
from runner.session.settings.options import livekit_options
from runner.session.tools.background import BackgroundTools
from runner.session.values.defaults import set_defaults, set_recalled
from runner.session.values.templates import TemplateRenderer
from runner.session.values.variables import Variables

LAST_WORDS = 0.5
"""Seconds that a call waits at its end for the caller's last words; LiveKit's 2 are too many."""


class CallSession(AgentSession[Any]):
    """LiveKit's session, without what keeps personas that speak no more.

    LiveKit keeps every event for a report at the end, which is not made here: a `speech_created`
    holds its speech, that its tasks, and these the activity in whose context they ran. And a
    handoff runs in the context of the activity that leaves, and hands that on to the next. So
    each visit of a persona would stay until the end of the call, with its VAD and its buffers.
    """

    def __init__(self, **options: Any) -> None:
        """Take LiveKit's options; what is done for handoffs runs in the context of now."""
        super().__init__(**options)
        self._beginning = contextvars.copy_context()

    def emit(self, event: EventTypes, arg: AgentEvent) -> None:
        """Tell those who listen."""
        rtc.EventEmitter.emit(self, event, arg)

    def update_agent(self, agent: Any) -> None:
        """Hand the call to another persona."""
        self._beginning.copy().run(super().update_agent, agent)


def begin_variables(
    variables: Variables,
    renderer: TemplateRenderer,
    given: Mapping[str, Any],
    remembered: Mapping[str, Any],
) -> tuple[str, ...]:
    """Give variables the values that they begin with.

    Those from outside win over what is remembered of the caller, and that over defaults.

    Returns:
        The names of those that have what is remembered.

    Raises:
        UnfitVariableError: one that was given is unknown, fixed or does not fit.
    """
    for name, value in given.items():
        if name not in variables.fields and name not in variables.fixed:
            raise UnfitVariableError(f"the agent has no variable '{name}'")
        try:
            variables.set(name, value)
        except MisfitError as problem:
            raise UnfitVariableError(f"'{name}' {problem}") from None
    recalled = set_recalled(variables, {n: v for n, v in remembered.items() if n not in given})
    open_names = [name for name in variables.fields if name not in {*given, *recalled}]
    set_defaults(variables, renderer, open_names)
    return tuple(recalled)


def new_session(call: Call) -> AgentSession[Any]:
    """LiveKit's session for a call.

    Raises:
        CannotStartError: a provider cannot be built.
    """
    agent = call.bound.release.agent
    models: dict[str, Any] = dict.fromkeys(kind.livekit_argument for kind in KINDS)
    speech = speech_model(call.bound.release, call.bound.models, call.channel)
    silent = []
    for kind in built_by_themselves(call.bound.release, call.channel):
        names = chosen(agent, kind.key, call.bound.context.spoken)
        if speech is not None and kind.key in HEARS_AND_THINKS:
            models[kind.key] = None
        elif names:
            models[kind.key] = call.bound.models.get(kind.key, names)
        elif names is None:
            silent.append(kind.key)
            models[kind.key] = NOT_GIVEN
    models |= {"llm": speech} if speech is not None else {}
    if call.channel == "voice" and agent.room is not None and agent.room.audio_in:
        for name in agent.room.cancelling:  # what cannot be built is told before anybody listens
            call.bound.models.get("noise_cancellation", name)
    background = BackgroundTools(lambda: session.current_agent.background)  # type: ignore[attr-defined]  # all agents of a call are personas
    session: AgentSession[Any] = CallSession(
        **models, **settings(call), tools=[background], userdata=call
    )
    for key in silent:
        if kinds.of(key).ordinary is not None:
            call.bound.models.ordinaries[key] = getattr(session, key)
    return session


def _turns(call: Call) -> dict[str, Any]:
    """How LiveKit finds the end of the caller's turns, where no author says it."""
    agent = call.bound.release.agent
    if call.channel != "voice":
        return {"turn_detection": None}
    if agent.only_listens:  # no turn is answered: no model need find its end
        return {"turn_detection": "stt" if chosen(agent, "vad") is False else "vad"}
    return {}


def idle_of(call: Call) -> Idle | None:
    """What is done when the caller says nothing, where anybody waits for words."""
    idle = call.bound.release.agent.idle
    return idle if call.awaits and isinstance(idle, Idle) else None


def settings(call: Call) -> dict[str, Any]:
    """What a session is told beside its models."""
    voice = call.channel == "voice"
    own = livekit_options(
        call.bound.release.agent, voice=voice, detector=call.bound.models.turn_detector
    )
    return {
        "user_away_timeout": None,
        "session_close_transcript_timeout": LAST_WORDS,
        "aec_warmup_duration": None,  # STT would hear silence: lkrun has a warm-up of its own
        "turn_handling": _turns(call),
        **own,
        **({} if call.awaits else {"user_away_timeout": None}),
    }
