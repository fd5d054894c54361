"""`turn_taking` and `room` in LiveKit's terms.

Only what is written is handed on, so that the rest stays LiveKit's own choice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livekit import rtc
from livekit.agents import TurnHandlingOptions, inference
from livekit.agents.voice import room_io

from runner.schema import agents
from runner.schema.turns import PersonaInterruptions, PersonaTurns, Preemptive, TurnTaking

TextInput = Callable[[Any, Any], Any]


def turn_handling(turns: TurnTaking | PersonaTurns | None) -> TurnHandlingOptions:
    """What an agent or a persona says of turns."""
    options = TurnHandlingOptions()
    if turns is None:
        return options
    if turns.detection is not None:
        options["turn_detection"] = _DETECTION[turns.detection]()
    endpointing = {
        "min_delay": turns.min_delay,
        "max_delay": turns.max_delay,
        "mode": ("dynamic" if turns.adapt_delay else "fixed")
        if "adapt_delay" in turns.model_fields_set
        else None,
    }
    if written := {k: v for k, v in endpointing.items() if v is not None}:
        options["endpointing"] = written  # type: ignore[typeddict-item]  # keys as above
    if "preemptive_generation" in turns.model_fields_set:
        options["preemptive_generation"] = _preemptive(turns.preemptive_generation)  # type: ignore[typeddict-item]  # a plain dict of its keys
    if turns.interruptions is not None:
        options["interruption"] = _interruption(turns.interruptions)  # type: ignore[typeddict-item]  # as above
    limit = turns.turn_limit if isinstance(turns, TurnTaking) else None
    if limit is not None:
        options["user_turn_limit"] = {
            "max_words": limit.max_words,
            "max_duration": limit.max_duration,
        }
    return options


_DETECTION: dict[str, Callable[[], Any]] = {
    "manual": lambda: "manual",
    "model": inference.TurnDetector,
    "stt": lambda: "stt",
    "vad": lambda: "vad",
}


def _preemptive(value: Preemptive | bool) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"enabled": value}
    return {
        "enabled": True,
        "preemptive_tts": value.speech,
        "max_speech_duration": value.max_speech,
        "max_retries": value.max_tries,
    }


def _interruption(value: PersonaInterruptions | bool) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"enabled": value}
    found: dict[str, Any] = {}
    for name in value.model_fields_set:
        found |= _INTERRUPTION[name](getattr(value, name))
    return found


def _resume(value: Any) -> dict[str, Any]:
    if value is False:
        return {"resume_false_interruption": False}
    return {"resume_false_interruption": True, "false_interruption_timeout": value}


_INTERRUPTION: dict[str, Callable[[Any], dict[str, Any]]] = {
    "allow": lambda value: {"enabled": value},
    "how": lambda value: {} if value == "auto" else {"mode": value},
    "ignore_within": lambda value: {
        "backchannel_boundary": None if value is False else (value, value)
    },
    "keep_audio": lambda value: {"discard_audio_if_uninterruptible": not value},
    "min_duration": lambda value: {"min_duration": value},
    "min_words": lambda value: {"min_words": value},
    "resume": _resume,
}


def room_options(
    agent: agents.Agent, *, identity: str = "", text_input: TextInput | None = None
) -> room_io.RoomOptions:
    """What of the room an agent uses.

    Args:
        agent: `mode: text` neither hears nor speaks.
        identity: the participant to talk with, rendered; the first that comes without it.
        text_input: takes what the caller writes.
    """
    room = agent.room or agents.Room()
    voice = agent.mode == "voice"
    options = room_io.RoomOptions(
        text_input=_text_input(room, text_input),
        audio_input=voice
        and room.audio_in
        and room_io.AudioInputOptions(auto_gain_control=room.auto_gain),
        video_input=room.video_in,
        audio_output=voice and room.audio_out,
        text_output=room.text_out and room_io.TextOutputOptions(sync_transcription=room.sync_text),
        close_on_disconnect=room.close_on_disconnect,
        # what was written last would be lost: whoever began the call deletes the room after it
        delete_room_on_close=voice and room.delete_on_close is True,
    )
    if room.participants is not None:
        options.participant_kinds = [_KINDS[kind] for kind in room.participants]
    if identity:
        options.participant_identity = identity
    return options


def _text_input(room: agents.Room, text_input: TextInput | None) -> Any:
    if not room.text_in or text_input is None:
        return room.text_in
    return room_io.TextInputOptions(text_input_cb=text_input)


_KINDS = {
    "connector": rtc.ParticipantKind.PARTICIPANT_KIND_CONNECTOR,
    "sip": rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
    "standard": rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
}
