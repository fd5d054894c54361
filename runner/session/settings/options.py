"""The options of LiveKit's session and agents that keys of the language set: a row each.

The same rows are used at the start of a call, for a persona's own turn taking, and in a running
call. Only what is written is handed on, so that the rest stays LiveKit's own choice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from livekit.agents import STTContextOptions, inference

from runner.schema.turns import Preemptive
from runner.schema.types.blocks import Block

Values = dict[str, Any]
"""LiveKit's name → value."""


@dataclass(frozen=True, slots=True)
class SessionOption:
    """An option of LiveKit's.

    Attributes:
        key: where the key stands below an agent or a persona.
        place: the group of LiveKit's options that it belongs to: `turn_handling.endpointing`;
            empty for an option of the session itself.
        values: what the key's value means to LiveKit.
        unwritten: its block alone counts, with the key's own default.
        by_text: whether it counts in calls by text too.
    """

    key: str
    place: str
    values: Callable[[Any], Values]
    unwritten: bool = False
    by_text: bool = False

    def of(self, block: Block) -> Any:
        """The key's value below a block; `NOT_WRITTEN` where there is none."""
        value: Any = block
        for name in self.key.split("."):
            if not isinstance(value, Block):
                return NOT_WRITTEN
            if name not in value.model_fields_set and not (self.unwritten and value is not block):
                return NOT_WRITTEN
            value = getattr(value, name, None)
        return NOT_WRITTEN if value is None else value


NOT_WRITTEN: Final = object()


def _as(name: str) -> Callable[[Any], Values]:
    return lambda value: {name: value}


def _adapting(value: bool) -> Values:
    return {"mode": "dynamic" if value else "fixed"}


def _preemptive(value: Preemptive | bool) -> Values:
    if isinstance(value, bool):
        return {"enabled": value}
    return {
        "enabled": True,
        "preemptive_tts": value.speech,
        "max_speech_duration": value.max_speech,
        "max_retries": value.max_tries,
    }


def _switched(value: Any) -> Values:
    return {"enabled": value} if isinstance(value, bool) else {}


def _resume(value: Any) -> Values:
    if value is False:
        return {"resume_false_interruption": False}
    return {"resume_false_interruption": True, "false_interruption_timeout": value}


def _near_edges(value: Any) -> Values:
    return {"backchannel_boundary": None if value is False else (value, value)}


_DETECTION: dict[str, Callable[[], Any]] = {
    "manual": lambda: "manual",
    "model": inference.TurnDetector,
    "realtime": lambda: "realtime_llm",
    "stt": lambda: "stt",
    "vad": lambda: "vad",
}


@dataclass(frozen=True, slots=True)
class OwnDetector:
    """A provider that tells the end of the caller's turn, before it is built."""

    name: str


def _detecting(how: str) -> Values:
    make = _DETECTION.get(how)
    return {"turn_detection": make() if make is not None else OwnDetector(str(how))}


DETECTION = "turn_handling"
ENDPOINTING = "turn_handling.endpointing"
INTERRUPTION = "turn_handling.interruption"

OPTIONS: tuple[SessionOption, ...] = (
    SessionOption("turn_taking.detection", DETECTION, _detecting),
    SessionOption("turn_taking.min_delay", ENDPOINTING, _as("min_delay")),
    SessionOption("turn_taking.max_delay", ENDPOINTING, _as("max_delay")),
    SessionOption("turn_taking.adapt_delay", ENDPOINTING, _adapting),
    SessionOption(
        "turn_taking.preemptive_generation", "turn_handling.preemptive_generation", _preemptive
    ),
    SessionOption("turn_taking.interruptions", INTERRUPTION, _switched),
    SessionOption("turn_taking.interruptions.allow", INTERRUPTION, _as("enabled")),
    SessionOption(
        "turn_taking.interruptions.how",
        INTERRUPTION,
        lambda how: {} if how == "auto" else {"mode": how},
    ),
    SessionOption("turn_taking.interruptions.min_duration", INTERRUPTION, _as("min_duration")),
    SessionOption("turn_taking.interruptions.min_words", INTERRUPTION, _as("min_words")),
    SessionOption("turn_taking.interruptions.resume", INTERRUPTION, _resume),
    SessionOption("turn_taking.interruptions.ignore_within", INTERRUPTION, _near_edges),
    SessionOption(
        "turn_taking.interruptions.keep_audio",
        INTERRUPTION,
        lambda keep: {"discard_audio_if_uninterruptible": not keep},
    ),
    SessionOption(
        "turn_taking.turn_limit",
        "turn_handling.user_turn_limit",
        lambda limit: {"max_words": limit.max_words, "max_duration": limit.max_duration},
    ),
    SessionOption("idle.after", "", _as("user_away_timeout"), unwritten=True, by_text=True),
    # LiveKit allows one round more than it is told
    SessionOption(
        "limits.max_tool_steps", "", lambda most: {"max_tool_steps": most - 1}, by_text=True
    ),
    SessionOption(
        "keyterms",
        "",
        lambda terms: {"stt_context_options": STTContextOptions(keyterms=list(map(str, terms)))},
        by_text=True,
    ),
)


def written(block: Block, *, voice: bool = True) -> dict[str, Any]:
    """Key → value, for the options that an agent or persona writes."""
    values = {option.key: option.of(block) for option in OPTIONS if voice or option.by_text}
    return {key: value for key, value in values.items() if value is not NOT_WRITTEN}


def livekit_options(
    block: Block, *, voice: bool = True, detector: Callable[[str], Any] | None = None
) -> Values:
    """What an agent or persona writes, as LiveKit has it: groups within groups.

    Args:
        block: the agent or persona.
        voice: whether it is for calls by voice.
        detector: builds what a provider of turn detection is; without it, it is only named.
    """
    values = written(block, voice=voice)
    options: Values = {}
    for option in OPTIONS:
        if option.key in values:
            group = options
            for name in filter(None, option.place.split(".")):
                group = group.setdefault(name, {})
            group.update(option.values(values[option.key]))
    turns = options.get("turn_handling", {})
    own = turns.get("turn_detection")
    if detector is not None and isinstance(own, OwnDetector):
        turns["turn_detection"] = detector(own.name)
    return options
