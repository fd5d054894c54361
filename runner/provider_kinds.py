"""The kinds of provider: a row each.

All that is the same for every kind goes over these rows: the keys of agents, personas and
providers, their checks and sentences, LiveKit's classes, the entry points of plugins. What one kind
alone has in a call stands in `session/models/kinds.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProviderKind:
    """A kind of provider.

    Attributes:
        key: its key in a provider; also the argument of LiveKit's session and agents.
        livekit_class: the class that a LiveKit plugin exports.
        inference: whether `livekit.agents.inference` exports one as well.
        noun: what people call it.
        title: what such a provider is.
        about: the line of the provider's key in the reference.
        choice: the line of the agent's key in the reference.
        several: whether a list may be named: fallbacks in order.
        may_be_off: whether an agent may write `no`.
        modes: modes of agents in which it is used.
        needed_in: modes in which an agent must name one.
        example: a string of LiveKit Inference that may stand in place of a name.
        words: other words that LiveKit Inference knows.
        entry_points: the group in which packages register plugins of their own; empty for none.
        noticed: its place among what callers notice of a change.
    """

    key: str
    livekit_class: str
    noun: str
    title: str
    about: str
    choice: str
    inference: bool = True
    several: bool = True
    may_be_off: bool = False
    modes: tuple[str, ...] = ("voice",)
    needed_in: tuple[str, ...] = ()
    example: str = ""
    words: tuple[str, ...] = ()
    entry_points: str = ""
    noticed: int = 9


KINDS: tuple[ProviderKind, ...] = (
    ProviderKind(
        key="llm",
        livekit_class="LLM",
        noun="model",
        title="A model.",
        about="a language model: the plugin's name",
        choice="the model: a provider, an inference string, or a list: fallbacks in order",
        modes=("voice", "text"),
        needed_in=("voice", "text"),
        example="openai/gpt-4.1-mini",
        entry_points="lkrun.llm",
        noticed=2,
    ),
    ProviderKind(
        key="stt",
        livekit_class="STT",
        noun="speech recognition",
        title="Speech recognition.",
        about="speech to text: the plugin's name",
        choice="speech recognition: a provider, an inference string, or a list",
        needed_in=("voice",),
        example="deepgram/nova-3",
        words=("auto",),
        entry_points="lkrun.stt",
        noticed=3,
    ),
    ProviderKind(
        key="tts",
        livekit_class="TTS",
        noun="voice",
        title="A voice.",
        about="text to speech: the plugin's name",
        choice="the voice: a provider, an inference string, or a list",
        needed_in=("voice",),
        example="cartesia/sonic-3",
        entry_points="lkrun.tts",
        noticed=1,
    ),
    ProviderKind(
        key="vad",
        livekit_class="VAD",
        noun="speech detector",
        title="Something that tells speech from silence.",
        about="voice activity detection: the plugin's name",
        choice="a provider that tells speech from silence; no for none",
        several=False,
        may_be_off=True,
        noticed=4,
    ),
)

BY_KEY: dict[str, ProviderKind] = {kind.key: kind for kind in KINDS}


def used_in(mode: str) -> tuple[ProviderKind, ...]:
    """The kinds that calls of a mode use."""
    return tuple(kind for kind in KINDS if mode in kind.modes)


def needed_in(mode: str) -> tuple[ProviderKind, ...]:
    """The kinds of which an agent of a mode must name one."""
    return tuple(kind for kind in KINDS if mode in kind.needed_in)
