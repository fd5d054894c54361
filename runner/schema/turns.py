"""Turn taking: when the agent speaks, and when it lets itself be interrupted."""

from typing import Annotated, ClassVar, Literal

from runner.schema.actions import Actions
from runner.schema.types.blocks import Block, OrNo, key
from runner.schema.types.measures import Duration, SomeTime
from runner.schema.types.names import ProviderName
from runner.schema.types.values import YesNo, one_of, whole
from runner.schema.types.words import Words

_HOW = (
    "how an interruption is recognised: vad by its length, adaptive by a model that tells it from "
    '"mm-hm", which needs LiveKit Cloud'
)
_AGENT_ONLY = "LiveKit keeps it for the whole call: write it in the agent's turn_taking"


class PersonaInterruptions(Block):
    """What of interruptions may differ between personas."""

    noun: ClassVar[str] = "a persona's interruptions"
    elsewhere: ClassVar[dict[str, str]] = dict.fromkeys(
        ("min_duration", "min_words", "resume", "ignore_within", "keep_audio"), _AGENT_ONLY
    )

    allow: YesNo = key("whether the caller may interrupt", True)
    how: Annotated[str, one_of("auto", "adaptive", "vad")] = key(_HOW, "auto")


class Interruptions(PersonaInterruptions):
    """When the caller's voice stops the agent's."""

    noun: ClassVar[str] = "interruptions"
    elsewhere: ClassVar[dict[str, str]] = {}

    how: Annotated[str, one_of("auto", "adaptive", "vad")] = key(_HOW, "auto", live="call")
    min_duration: Duration = key("shorter sounds do not interrupt", 0.5)
    min_words: Annotated[int, whole(0, 50)] = key("fewer words do not interrupt", 0)
    resume: Annotated[Duration | Literal[False], OrNo()] = key(
        "go on speaking when nothing followed the interruption for so long", 2.0
    )
    ignore_within: Annotated[Duration | Literal[False], OrNo()] = key(
        'ignore "mm-hm" so close to the edges of the agent\'s speech; with how: adaptive only, '
        "which needs LiveKit Cloud",
        1.0,
        live="visit",
    )
    keep_audio: YesNo = key(
        "answer what is said over words that cannot be interrupted, when they are over", False
    )


class Preemptive(Block):
    """Beginning to think before the caller has finished."""

    noun: ClassVar[str] = "preemptive_generation"

    speech: YesNo = key("begin to make the voice as well", False)
    max_speech: Duration = key("not when the caller has spoken longer", 10.0)
    max_tries: Annotated[int, whole(1, 20)] = key("at most so often in one turn", 3)


class TurnLimit(Block):
    """What happens when the caller talks without end."""

    noun: ClassVar[str] = "turn_limit"

    max_words: Annotated[int, whole(1)] | None = key("after so many words", None)
    max_duration: Duration | None = key(
        "after so long without a word of the agent, with pauses or without", None
    )
    then: Actions = key("what is done then", ())


class WhileThinking(Block):
    """What the caller hears when the model takes its time."""

    noun: ClassVar[str] = "while_thinking"
    bare: ClassVar[str] = "say"
    elsewhere: ClassVar[dict[str, str]] = {
        "instructions": "write say: with the words; the model is busy with its reply",
        "every": "delete it: the words are said once for each reply; a tool has while_waiting:",
    }

    after: SomeTime = key(
        "said when the model has not begun its reply so long after the caller has finished", 2.0
    )
    say: Words | None = key(
        "words for the caller, spoken exactly before the reply; a list is used in turn; without "
        "it lkrun's own one_moment of [texts](texts.md)",
        None,
    )


class _Turns(Block):
    noun: ClassVar[str] = "turn_taking"
    bare: ClassVar[str] = "detection"

    detection: ProviderName | None = key(
        "how the end of the caller's turn is found: model, vad, stt, realtime, manual, or a "
        "provider that has turn_detector:; LiveKit's choice without it; realtime: by the "
        "speech-to-speech model itself, which is its usual way; manual: the caller's app calls "
        "the agent's methods start_turn, end_turn and cancel_turn (LiveKit's RPC), as by a button "
        "that is held down while one speaks",
        None,
    )
    min_delay: Duration | None = key("least silence before the agent answers", None)
    max_delay: Duration | None = key(
        "longest silence waited for when the caller seems not to have finished", None
    )
    adapt_delay: YesNo = key("learn the delay from the caller's pauses", False)
    preemptive_generation: Annotated[Preemptive | bool, OrNo(yes=True)] = key(
        "begin to answer before the turn has ended", True
    )


class PersonaTurns(_Turns):
    """The turn taking of one persona."""

    noun: ClassVar[str] = "a persona's turn_taking"
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("turn_limit", "warm_up"), _AGENT_ONLY),
        "while_thinking": "it holds for all personas: write it in the agent's turn_taking",
    }

    interruptions: Annotated[PersonaInterruptions | Literal[False] | None, OrNo()] = key(
        "when the caller may interrupt; no: never", None
    )


class TurnTaking(_Turns):
    """The turn taking of an agent."""

    interruptions: Annotated[Interruptions | Literal[False] | None, OrNo()] = key(
        "when the caller may interrupt; no: never", None
    )
    warm_up: Duration | None = key(
        "so long the first speech of a call is not interrupted, since the caller's device learns "
        "its echo: 3s, and 0s on a phone call, without it; what the caller says meanwhile is "
        "answered afterwards",
        None,
        live="call",
    )
    turn_limit: TurnLimit | None = key("when the caller talks without end", None)
    while_thinking: Annotated[WhileThinking | Literal[False] | None, OrNo()] = key(
        "what the caller hears when the model takes its time", None
    )
