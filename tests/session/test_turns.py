"""`turn_taking` and `room` in LiveKit's terms."""

from __future__ import annotations

import pytest
from livekit import rtc
from livekit.agents import inference
from livekit.agents.voice import room_io
from support.keys import blocks

from runner.schema.agents import Agent
from runner.schema.personas import Persona
from runner.session.settings.options import OPTIONS, livekit_options
from runner.session.settings.room import room_options

TURNS = [
    ({}, {}),
    ({"detection": "vad"}, {"turn_detection": "vad"}),
    ({"detection": "stt"}, {"turn_detection": "stt"}),
    ({"detection": "manual"}, {"turn_detection": "manual"}),
    (
        {"min_delay": "400ms", "max_delay": "3s"},
        {"endpointing": {"min_delay": 0.4, "max_delay": 3.0}},
    ),
    ({"adapt_delay": "yes"}, {"endpointing": {"mode": "dynamic"}}),
    ({"adapt_delay": "no"}, {"endpointing": {"mode": "fixed"}}),
    ({"preemptive_generation": "no"}, {"preemptive_generation": {"enabled": False}}),
    ({"preemptive_generation": "yes"}, {"preemptive_generation": {"enabled": True}}),
    (
        {"preemptive_generation": {"speech": "yes", "max_speech": "4s", "max_tries": "2"}},
        {
            "preemptive_generation": {
                "enabled": True,
                "preemptive_tts": True,
                "max_speech_duration": 4.0,
                "max_retries": 2,
            }
        },
    ),
    ({"interruptions": "no"}, {"interruption": {"enabled": False}}),
    ({"interruptions": {"allow": "no"}}, {"interruption": {"enabled": False}}),
    ({"interruptions": {"how": "auto", "allow": "yes"}}, {"interruption": {"enabled": True}}),
    ({"interruptions": {"how": "vad"}}, {"interruption": {"mode": "vad"}}),
    (
        {"interruptions": {"min_duration": "1s", "min_words": "2"}},
        {"interruption": {"min_duration": 1.0, "min_words": 2}},
    ),
    (
        {"interruptions": {"resume": "3s"}},
        {"interruption": {"resume_false_interruption": True, "false_interruption_timeout": 3.0}},
    ),
    ({"interruptions": {"resume": "no"}}, {"interruption": {"resume_false_interruption": False}}),
    (
        {"interruptions": {"ignore_within": "2s"}},
        {"interruption": {"backchannel_boundary": (2.0, 2.0)}},
    ),
    ({"interruptions": {"ignore_within": "no"}}, {"interruption": {"backchannel_boundary": None}}),
    (
        {"interruptions": {"keep_audio": "yes"}},
        {"interruption": {"discard_audio_if_uninterruptible": False}},
    ),
    (
        {"turn_limit": {"max_words": "9", "max_duration": "1m"}},
        {"user_turn_limit": {"max_words": 9, "max_duration": 60.0}},
    ),
]


def turn_handling(block, written):
    """What LiveKit is told of turns where this is written in a turn_taking."""
    start = {"start": "host"} if block is Agent else {}
    return livekit_options(block.model_validate({**start, "turn_taking": written})).get(
        "turn_handling", {}
    )


def test_every_option_is_a_key():
    """Each row of the options' table belongs to a key that an agent has."""
    for option in OPTIONS:
        annotation = Agent
        for name in option.key.split("."):
            built = {b for b in blocks(annotation, set()) if name in b.model_fields}
            assert built, option.key
            annotation = next(iter(built)).model_fields[name].annotation


@pytest.mark.proves(
    "TurnTaking.detection",
    "TurnTaking.min_delay",
    "TurnTaking.max_delay",
    "TurnTaking.adapt_delay",
    "TurnTaking.preemptive_generation",
    "TurnTaking.interruptions",
    "PersonaTurns.max_delay",
    "PersonaTurns.adapt_delay",
    "PersonaTurns.preemptive_generation",
    "PersonaInterruptions.allow",
    "Interruptions.allow",
    "Interruptions.how",
    "Interruptions.min_duration",
    "Interruptions.min_words",
    "Interruptions.resume",
    "Interruptions.ignore_within",
    "Interruptions.keep_audio",
    "Preemptive.speech",
    "Preemptive.max_speech",
    "Preemptive.max_tries",
    "TurnLimit.max_words",
    "TurnLimit.max_duration",
)
@pytest.mark.parametrize(("written", "wanted"), TURNS)
def test_turn_handling(written, wanted):
    """Each key becomes LiveKit's own, and only what is written is handed on."""
    assert turn_handling(Agent, written) == wanted


def test_model_detection():
    """`model` is LiveKit's own turn detector."""
    built = turn_handling(Agent, {"detection": "model"})
    assert isinstance(built["turn_detection"], inference.TurnDetector)


@pytest.mark.proves(
    "PersonaTurns.min_delay", "PersonaTurns.interruptions", "PersonaInterruptions.how"
)
def test_persona_turns():
    """A persona has the part that LiveKit keeps for each agent."""
    written = {"min_delay": "1s", "interruptions": {"how": "adaptive"}}
    assert turn_handling(Persona, written) == {
        "endpointing": {"min_delay": 1.0},
        "interruption": {"mode": "adaptive"},
    }


def test_nothing_written():
    """Without turn_taking all is LiveKit's choice."""
    assert livekit_options(Agent.model_validate({"start": "host"})) == {}


def options(room=None, mode="voice", **rest):
    agent = {"start": "p", "mode": mode} | ({"room": room} if room else {})
    return room_options(Agent.model_validate(agent), **rest)


def test_room_by_default():
    """By default a call hears, speaks, reads and writes; its end is not left to LiveKit."""
    built = options()
    assert built.get_audio_input_options().auto_gain_control is True
    assert built.get_audio_output_options() is not None
    assert built.get_text_input_options() is not None
    assert built.get_text_output_options().sync_transcription is True
    assert built.get_video_input_options() is None
    assert not built.close_on_disconnect  # `test_departure.py`
    assert not built.delete_room_on_close


ROOM = [
    ({"audio_in": "no"}, lambda o: o.get_audio_input_options() is None),
    ({"audio_out": "no"}, lambda o: o.get_audio_output_options() is None),
    ({"text_in": "no"}, lambda o: o.get_text_input_options() is None),
    ({"text_out": "no"}, lambda o: o.get_text_output_options() is None),
    ({"sync_text": "no"}, lambda o: o.get_text_output_options().sync_transcription is False),
    ({"auto_gain": "no"}, lambda o: o.get_audio_input_options().auto_gain_control is False),
    ({"video_in": "yes"}, lambda o: o.get_video_input_options() is not None),
    ({"delete_on_close": "yes"}, lambda o: o.delete_room_on_close),
    (
        {"participants": ["sip", "standard"]},
        lambda o: (
            o.participant_kinds
            == [
                rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
                rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
            ]
        ),
    ),
]


@pytest.mark.proves(
    "Agent.room",
    "Room.audio_in",
    "Room.audio_out",
    "Room.text_in",
    "Room.text_out",
    "Room.sync_text",
    "Room.auto_gain",
    "Room.video_in",
    "Room.delete_on_close",
    "Room.participants",
)
@pytest.mark.parametrize(("written", "holds"), ROOM)
def test_room_keys(written, holds):
    """Each key of the room is LiveKit's own option."""
    assert holds(options(written))
    assert not holds(options())


@pytest.mark.proves("Room.identity")
def test_room_identity_and_text():
    """The participant to talk with, and who takes what is written, are handed on."""

    def take(_session, _event):
        return None

    built = options(identity="guest", text_input=take)
    assert built.participant_identity == "guest"
    assert built.get_text_input_options() == room_io.TextInputOptions(text_input_cb=take)


@pytest.mark.proves("Agent.mode")
def test_text_rooms_have_no_audio():
    """`mode: text` neither hears nor speaks."""
    built = options(mode="text")
    assert built.get_audio_input_options() is None
    assert built.get_audio_output_options() is None
