"""`room` in LiveKit's terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livekit import rtc
from livekit.agents.voice import room_io

from runner.link.release import AgentRelease
from runner.schema import agents
from runner.session.errors import CannotStartError
from runner.session.facts import CallFacts
from runner.session.plan import names_in
from runner.session.settings.session import begin_variables
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables

_KNOWN_BEFORE = frozenset({"env", "job", "room"})
"""Names of templates that have values before the caller is there."""

TextInput = Callable[[Any, Any], Any]

Provider = Callable[[str, str], Any]
"""Kind and name → what is built of it."""


def room_options(
    agent: agents.Agent,
    *,
    identity: str = "",
    text_input: TextInput | None = None,
    provider: Provider = lambda _kind, _name: None,
) -> room_io.RoomOptions:
    """What of the room an agent uses.

    Args:
        agent: `mode: text` neither hears nor speaks.
        identity: the participant to talk with, rendered; the first that comes without it.
        text_input: takes what the caller writes.
        provider: builds what takes noise out of what the caller says.

    Raises:
        CannotStartError: that cannot be built.
    """
    room = agent.room or agents.Room()
    voice = agent.mode != "text"
    options = room_io.RoomOptions(
        text_input=_text_input(room, text_input),
        audio_input=voice and room.audio_in and _audio_input(room, provider),
        video_input=room.video_in,
        audio_output=voice and room.audio_out and not agent.only_listens,
        text_output=room.text_out and room_io.TextOutputOptions(sync_transcription=room.sync_text),
        close_on_disconnect=False,  # it would wait for tools: `observers/departure.py`
        # what was written last would be lost: whoever began the call deletes the room after it
        delete_room_on_close=voice and room.delete_on_close is True,
    )
    if room.participants is not None:
        options.participant_kinds = [_KINDS[kind] for kind in room.participants]
    if identity:
        options.participant_identity = identity
    return options


def _audio_input(room: agents.Room, provider: Provider) -> room_io.AudioInputOptions:
    quiet = room.noise_cancellation
    # what takes the noise out has learnt voices as loud as they are
    gain = room.auto_gain and (quiet is None or "auto_gain" in room.model_fields_set)
    options = room_io.AudioInputOptions(auto_gain_control=gain)
    if quiet is not None:
        options.noise_cancellation = _cancellation(quiet, provider)
    return options


def _cancellation(quiet: agents.NoiseCancellation, provider: Provider) -> Any:
    """LiveKit's object for all callers, or what chooses by who it is."""

    def made(name: str | None) -> Any:
        return provider("noise_cancellation", str(name)) if name is not None else None

    usual, phone = made(quiet.default), made(quiet.telephone)
    if quiet.telephone is None:
        return usual

    def choose(caller: Any) -> Any:
        return phone if caller.participant.kind == _KINDS["sip"] else usual

    return choose


def number_called(release: AgentRelease, facts: CallFacts) -> str:
    """The number that the agent calls, where it is known before anything is done.

    Returns:
        Nothing where only what is done before the call can tell it.
    """
    to = release.agent.dial.to if release.agent.dial is not None else None
    return _known_early(release, facts, to) if to is not None else ""


def named_participant(release: AgentRelease, facts: CallFacts) -> str:
    """The identity of the participant that the agent talks with, where its author names one.

    Args:
        release: the agent.
        facts: what is known by now.

    Returns:
        Nothing where no one is named, or only the caller's own facts can tell who.
    """
    identity = release.agent.room.identity if release.agent.room is not None else None
    if not identity:
        return ""
    return _known_early(release, facts, identity)


def _known_early(release: AgentRelease, facts: CallFacts, text: str) -> str:
    """A text of a call that has not begun; nothing where it cannot be known yet."""
    variables = Variables(release.variables)
    early = _KNOWN_BEFORE | variables.fixed.keys()
    if facts.caller.identity is None and not names_in((text,)) <= early:
        return ""
    renderer = TemplateRenderer(TemplateContext(release, facts, variables), release.places)
    try:
        begin_variables(variables, renderer, facts.variables, {})
    except CannotStartError:  # the start of the call tells it
        return ""
    return renderer.text(text).strip()


def _text_input(room: agents.Room, text_input: TextInput | None) -> Any:
    if not room.text_in or text_input is None:
        return room.text_in
    return room_io.TextInputOptions(text_input_cb=text_input)


_KINDS = {
    "connector": rtc.ParticipantKind.PARTICIPANT_KIND_CONNECTOR,
    "sip": rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
    "standard": rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
}
