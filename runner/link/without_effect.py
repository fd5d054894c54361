"""The table of keys that nothing comes of, because of another key of the agent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from runner.diagnostics import Diagnostic
from runner.link.sent import is_read
from runner.schema.agents import Agent, Idle, Limits, Room
from runner.schema.providers import chosen
from runner.schema.reading.load import Definition
from runner.schema.speech import realtime_of
from runner.schema.turns import Interruptions, TurnTaking


@dataclass(frozen=True, slots=True)
class Row:
    """Keys that nothing comes of.

    Attributes:
        at: the way to their block, from the agent.
        keys: the keys, as they are written.
        where: whether the rest of the agent leaves them without effect.
        why: what follows their names.
        hint: what to do.
    """

    at: tuple[str, ...]
    keys: tuple[str, ...]
    where: Callable[[Agent], bool]
    why: str
    hint: str


def _limits(agent: Agent) -> Limits:
    return agent.limits or Limits()


def _room(agent: Agent) -> Room:
    return agent.room or Room()


def _turns(agent: Agent) -> TurnTaking:
    return agent.turn_taking or TurnTaking()


def by_text(agent: Agent) -> bool:
    """Whether its callers write and read."""
    return agent.mode == "text"


def _by_voice_alone(agent: Agent) -> bool:
    """Whether nothing of it reads what whoever answers says, though it should be found out."""
    off = agent.voicemail in (None, False)
    reads = chosen(agent, "llm") and chosen(agent, "stt")
    return bool(realtime_of(agent)) and not off and not reads


def _writes_to_telephones(agent: Agent) -> bool:
    """Whether callers by telephone are let in though nothing is spoken."""
    return by_text(agent) and "sip" in (_room(agent).participants or ())


def _only_listens(agent: Agent) -> bool:
    return agent.only_listens


def _unread(agent: Agent) -> bool:
    """Whether nothing has a model read what was said."""
    return agent.only_listens and not is_read(agent.after_call)


def _endless_turn(agent: Agent) -> bool:
    limit = _turns(agent).turn_limit
    return limit is not None and limit.max_words is None and limit.max_duration is None


def _uninterrupted(agent: Agent) -> bool:
    interruptions = _turns(agent).interruptions
    if isinstance(interruptions, Interruptions):
        return not interruptions.allow
    return interruptions is False


def _with_avatar(agent: Agent) -> bool:
    """Whether the sound goes through a face, which LiveKit cannot pause, and shall be resumed."""
    interruptions = _turns(agent).interruptions
    resumes = isinstance(interruptions, Interruptions) and interruptions.resume is not False
    return agent.avatar is not None and resumes and not by_text(agent) and _room(agent).audio_out


def _silent_idle(agent: Agent) -> bool:
    idle = agent.idle
    return isinstance(idle, Idle) and idle.say is None and idle.instructions is None


def _own_turns(agent: Agent) -> bool:
    """Whether a speech-to-speech model finds the end of each turn itself."""
    return bool(realtime_of(agent)) and _turns(agent).detection in (None, "realtime")


def _keeps_nothing(agent: Agent) -> bool:
    """Whether of what is said nothing goes into the records."""
    record = agent.record
    return record is not None and not (record.transcript or record.audio)


def _speaks_itself(agent: Agent) -> bool:
    """Whether no voice speaks for the model."""
    return bool(realtime_of(agent)) and not by_text(agent) and chosen(agent, "tts") is None


VOICE = "have no effect: with mode: text the caller writes and reads"
OF_VOICE = "delete them, or write mode: voice"
HOW_IT_SOUNDS = (
    "detection", "min_delay", "max_delay", "adapt_delay", "preemptive_generation", "warm_up",
    "interruptions", "turn_limit",
)  # fmt: skip
"""Keys of `turn_taking` about what is heard; by text there is none but `while_thinking`."""

_NOBODY = "have no effect: with mode: transcribe nobody answers"

ROWS = (
    Row((), ("start", "instructions", "tts", "realtime", "avatar", "tools", "handoffs", "intents",
              "keypad", "idle", "texts", "turn_taking", "pronunciations", "speech",
              "background_audio", "suggestions"), _only_listens, _NOBODY, OF_VOICE),
    Row((), ("llm",), _unread, "has no effect: with mode: transcribe no model answers",
         "delete it, or write after_call: with extract: or judge:, which it is asked for"),
    Row(("limits",), ("farewell", "max_tool_steps", "max_turn"), _only_listens,
         _NOBODY, OF_VOICE),
    Row(("nodes",), ("llm", "tts"), _only_listens, _NOBODY, OF_VOICE),
    Row(("room",), ("audio_out",), _only_listens, _NOBODY, OF_VOICE),
    Row(("idle",), ("times",), _silent_idle, "has no effect: idle says nothing",
         "write say: or instructions: beside it, or delete it"),
    Row(("limits",), ("farewell",), lambda a: _limits(a).max_duration is None,
         "is never said: the call may last for ever",
         "write max_duration: beside it, such as max_duration: 20m, or delete it"),
    Row((), ("stt", "tts", "vad", "avatar", "keyterms", "pronunciations", "speech",
              "background_audio", "phone"), by_text,
         VOICE, OF_VOICE),
    Row((), ("dial", "voicemail"), by_text,
         "have no voice to speak with: with mode: text the agent only writes", OF_VOICE),
    Row(("room",), ("participants",), _writes_to_telephones,
         "lets in callers by telephone, who hear nothing: with mode: text the agent only writes",
         "write participants: standard, or mode: voice"),
    Row((), ("voicemail",), lambda a: a.dial is None and not by_text(a),
         "has no effect: only who is called by the agent can be a machine",
         "write dial: with to: beside it, or delete it"),
    Row((), ("voicemail",), lambda a: a.dial is not None and not by_text(a) and _by_voice_alone(a),
         "has no effect: it wants an llm that reads what was said, and speech recognition",
         "write llm: and stt: beside realtime:, or voicemail: no"),
    Row(("record",), ("announce",), _keeps_nothing,
         "speaks of a recording, and nothing is kept of what is said: transcript is no",
         "delete it, or transcript, or write audio: yes"),
    Row(("memory",), ("summary",),
         lambda a: bool(a.memory and a.memory.summary and a.record and not a.record.transcript),
         "has no effect: with transcript: no of record nothing that was said is kept",
         "delete it, or delete transcript: in record:"),
    Row(("record",), ("audio",), lambda a: by_text(a) and bool(a.record and a.record.audio),
         "has no effect: with mode: text nothing sounds", "delete it, or write mode: voice"),
    Row((), ("keyterms",), lambda a: bool(realtime_of(a)) and not by_text(a),
         "has no effect: with realtime no speech recognition listens",
         "delete it, or say in instructions: which words the caller may use"),
    Row((), ("pronunciations",),
         _speaks_itself, "has no effect: the speech-to-speech model speaks itself",
         "delete it, or write tts: beside realtime:, and that voice speaks for the model"),
    Row(("speech",), ("strip", "aligned_transcript", "expressive"), _speaks_itself,
         "have no effect: the speech-to-speech model speaks itself",
         "delete them, or write tts: beside realtime:, and that voice speaks for the model"),
    Row(("turn_taking",), ("min_delay", "max_delay", "adapt_delay", "preemptive_generation"),
         _own_turns, "have no effect: the speech-to-speech model finds the end of a turn itself",
         "delete them, or write detection: vad, so that LiveKit takes the turns"),
    Row(("turn_taking",), ("warm_up",), lambda a: bool(realtime_of(a)),
         "has no effect: a speech-to-speech model has an echo of its own to learn", "delete it"),
    Row(("room",), ("audio_in", "audio_out", "auto_gain", "sync_text", "noise_cancellation"),
         by_text, VOICE, OF_VOICE),
    Row(("turn_taking",), HOW_IT_SOUNDS, by_text, VOICE, OF_VOICE),
    Row((), ("background_audio",),
         lambda a: not (by_text(a) or _room(a).audio_out or a.only_listens),
         "has no effect: with audio_out: no nothing is heard in the room",
         "delete it, or audio_out"),
    Row((), ("avatar",), lambda a: not by_text(a) and not _room(a).audio_out,
         "has no effect: with audio_out: no nothing is spoken", "delete it, or audio_out"),
    Row(("room",), ("auto_gain", "noise_cancellation"),
         lambda a: not by_text(a) and not _room(a).audio_in,
         "have no effect: with audio_in: no nothing is heard", "delete them, or audio_in"),
    Row(("room",), ("sync_text",),
         lambda a: not by_text(a) and not (_room(a).audio_out and _room(a).text_out),
         "has no effect: only one of voice and text goes out",
         "delete it, or let both go out: delete audio_out and text_out"),
    Row(("room",), ("text_in",),
         lambda a: not _room(a).text_in and (by_text(a) or not _room(a).audio_in),
         "leaves the agent without ears: nothing that a caller writes or says reaches it",
         "delete it, or let the agent hear"),
    Row(("room",), ("text_out",),
         lambda a: not _room(a).text_out and (by_text(a) or not _room(a).audio_out),
         "leaves the caller without an answer: nothing that the agent says reaches them",
         "delete it, or let the agent speak"),
    Row(("room",), ("wait_for_return",), lambda a: not _room(a).close_on_disconnect,
         "has no effect: with close_on_disconnect: no the call goes on when the caller leaves",
         "delete one of the two"),
    Row(("turn_taking",), ("warm_up",), _uninterrupted,
         "has no effect: the caller can interrupt nothing",
         "delete it, or let the caller interrupt: delete what says no in interruptions"),
    Row(("turn_taking",), ("min_delay", "max_delay", "adapt_delay"),
         lambda a: _turns(a).detection == "manual",
         "have no effect: with detection: manual the end of a turn is told, and not found",
         "delete them, or detection"),
    Row(("turn_taking", "interruptions"),
         ("how", "ignore_within", "min_duration", "min_words", "resume"), _uninterrupted,
         "have no effect: with allow: no the caller cannot interrupt",
         "delete them, or write allow: yes"),
    Row(("turn_taking", "interruptions"), ("resume",), _with_avatar,
         "has no effect: an avatar's words cannot be halted and gone on with",
         "delete it, or delete avatar:"),
    Row(("turn_taking", "turn_limit"), ("then",), _endless_turn,
         "is never done: a turn may last for ever",
         "write max_words: or max_duration: beside it"),
)  # fmt: skip


def without_effect(agent: Agent, definition: Definition, row: Row) -> Iterator[Diagnostic]:
    """What is told of a row where a definition writes its keys for nothing."""
    block: Any = definition.data
    for part in row.at:
        block = block.get(part) if isinstance(block, dict) else None
    written = [key for key in row.keys if isinstance(block, dict) and key in block]
    if not written or not row.where(agent):
        return
    *others, last = (f"'{key}'" for key in written)
    names = f"{', '.join(others)} and {last}" if others else last
    why, hint = row.why, row.hint
    if len(written) == 1:
        why, hint = why.replace("have no", "has no"), hint.replace("delete them", "delete it")
    place = definition.document.key_span((*definition.location, *row.at, written[0]))
    yield Diagnostic(place, "W211", f"{names} {why}", hint)
