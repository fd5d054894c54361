"""How the agent speaks: what is taken out of its words, its pauses, its expression."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from runner.schema.types.blocks import Block, OneOrList, OrNo, key
from runner.schema.types.measures import Duration
from runner.schema.types.texts import Told
from runner.schema.types.values import YesNo, one_of

STRIPPED = ("markdown", "emoji")
"""What LiveKit can take out of words before they are spoken; both without a word about it."""

UNSTEERED = frozenset({"espeak", "fallback", "http"})
"""Plugins of a voice that LiveKit certainly cannot steer."""

_STEERED = frozenset({"cartesia", "fishaudio", "inworld", "xai"})


def can_be_steered(model: str) -> bool:
    """Whether LiveKit steers a voice of its Inference: `inference.TTS.Markup._provider_key`."""
    maker, _, name = model.partition("/")
    return maker in _STEERED and (maker != "inworld" or "tts-2" in name)


_Strip = Annotated[
    tuple[Annotated[str, one_of(*STRIPPED, meant={"emojis": "emoji", "md": "markdown"})], ...],
    OneOrList(scalars=True),
]


class Expressive(Block):
    """How lively the voice is."""

    noun: ClassVar[str] = "expressive"

    fillers: YesNo = key('small words such as "um"', True)
    sounds: YesNo = key("sounds that are no words, such as a laugh or a sigh", True)
    pace: Annotated[str, one_of("slow", "normal", "fast")] | None = key("how fast it speaks", None)
    instructions: Told | None = key(
        "what the model should heed besides, such as when to be cheerful", None
    )


class Speaking(Block):
    """How the agent speaks."""

    noun: ClassVar[str] = "speech"

    strip: Annotated[_Strip | Literal[False], OrNo(wanted="write markdown, emoji, or no")] = key(
        "what is left out of the words when they are spoken: markdown, emoji, or both; no: "
        "everything is spoken as it is written; what is shown as text stays as it is",
        STRIPPED,
    )
    aligned_transcript: YesNo = key(
        "show the words as they are heard, where the voice tells when it speaks each", False
    )
    gap: Duration = key("the least pause between two things that the agent says", 0.0)
    expressive: Annotated[Expressive | bool, OrNo(yes=True)] = key(
        "let the model steer how the voice speaks; for voices that LiveKit can steer: Cartesia, "
        "Inworld and others of LiveKit Inference",
        False,
    )
