"""The kinds of provider: a row each.

All that is the same for every kind goes over these rows: the keys of agents, personas and
providers, their checks and sentences, LiveKit's classes, the entry points of plugins. What one kind
alone has in a call stands in `session/models/kinds.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ProviderKind:
    """A kind of provider.

    Attributes:
        key: its key in a provider, in agents and in personas.
        argument: the argument of LiveKit's session and agents; the key without it.
        livekit_class: what a LiveKit plugin exports for it.
        elsewhere: other places below a plugin's package where it may stand, the best first.
        chosen_by: who names such a provider: an `agent` (and its personas), an `agent alone`, or
            one block of it.
        reached: whether it is asked over a connection, whose time and attempts may be told.
        inference: whether `livekit.agents.inference` exports one as well.
        noun: what people call it.
        title: what such a provider is.
        about: the line of the provider's key in the reference.
        choice: the line of the agent's key in the reference.
        several: whether a list may be named: fallbacks in order.
        by_language: whether one may be named for each language.
        may_be_off: whether an agent may write `no`.
        modes: modes of agents in which it is used.
        needed_in: modes in which an agent must name one.
        example: a string of LiveKit Inference that may stand in place of a name.
        words: other words that may stand in place of a name.
        named_at: keys of the block that names it, where they are not its own.
        entry_points: the group in which packages register plugins of their own; empty for none.
        noticed: its place among what callers notice of a change.
        live: from when a change of it counts in a running call.
    """

    key: str
    livekit_class: str
    noun: str
    title: str
    about: str
    choice: str
    elsewhere: tuple[str, ...] = ()
    chosen_by: str = "agent"
    reached: bool = False
    inference: bool = True
    several: bool = True
    by_language: bool = True
    may_be_off: bool = False
    modes: tuple[str, ...] = ("voice",)
    needed_in: tuple[str, ...] = ()
    example: str = ""
    words: tuple[str, ...] = ()
    named_at: tuple[str, ...] = ()
    entry_points: str = ""
    noticed: int = 9
    argument: str = ""
    live: Literal["now", "visit", "call"] = "now"

    @property
    def livekit_argument(self) -> str:
        """What LiveKit's session and agents take it as."""
        return self.argument or self.key


ROWS: tuple[ProviderKind, ...] = (
    ProviderKind(
        key="llm",
        reached=True,
        livekit_class="LLM",
        noun="model",
        title="A model.",
        about="a language model: the plugin's name",
        choice="the model: a provider, an inference string, a list (fallbacks in order), or a"
        " variable that chooses: `{{ model }}`",
        modes=("voice", "text"),
        needed_in=("voice", "text"),
        example="openai/gpt-4.1-mini",
        entry_points="lkrun.llm",
        noticed=2,
    ),
    ProviderKind(
        key="stt",
        reached=True,
        livekit_class="STT",
        noun="speech recognition",
        title="Speech recognition.",
        about="speech to text: the plugin's name",
        choice="speech recognition: a provider, an inference string, a list, or a variable",
        modes=("voice", "transcribe"),
        needed_in=("voice", "transcribe"),
        example="deepgram/nova-3",
        words=("auto",),
        entry_points="lkrun.stt",
        noticed=3,
    ),
    ProviderKind(
        key="tts",
        reached=True,
        livekit_class="TTS",
        noun="voice",
        title="A voice.",
        about="text to speech: the plugin's name",
        choice="the voice: a provider, an inference string, a list, or a variable that chooses:"
        " `{{ voice }}`",
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
        modes=("voice", "transcribe"),
        several=False,
        may_be_off=True,
        entry_points="lkrun.vad",
        noticed=4,
    ),
    ProviderKind(
        key="realtime",
        livekit_class="RealtimeModel",
        elsewhere=(
            "realtime.RealtimeModel",
            "experimental.realtime.RealtimeModel",
            "beta.realtime.RealtimeModel",
        ),
        argument="llm",
        by_language=False,
        live="visit",
        noun="speech-to-speech model",
        title="A speech-to-speech model.",
        about="a speech-to-speech model: the plugin's name",
        choice="a speech-to-speech model: a provider, an inference string, or a list; instead of "
        "llm and stt; with a tts beside it the model answers in text, and that voice speaks",
        modes=("voice", "text"),
        example="openai/gpt-realtime",
        entry_points="lkrun.realtime",
        noticed=2,
    ),
    ProviderKind(
        key="turn_detector",
        livekit_class="TurnDetector",
        elsewhere=("multilingual.MultilingualModel",),
        chosen_by="turn_taking",
        named_at=("detection",),
        live="call",
        words=("model", "vad", "stt", "realtime", "manual"),
        noun="turn detector",
        title="Something that tells the end of the caller's turn.",
        about="tells the end of the caller's turn: the plugin's name",
        choice="a provider that tells the end of the caller's turn",
        several=False,
        entry_points="lkrun.turn_detector",
    ),
    ProviderKind(
        key="noise_cancellation",
        livekit_class="BVC",
        elsewhere=("voice_isolation", "audio_enhancement", "noise_suppression"),
        chosen_by="room",
        named_at=("default", "telephone"),
        live="call",
        noun="noise cancellation",
        title="Something that takes noise out of what the caller says.",
        about="takes noise out of what the caller says: the plugin's name",
        choice="a provider that takes noise out of what the caller says",
        inference=False,
        several=False,
        entry_points="lkrun.noise_cancellation",
    ),
    ProviderKind(
        key="avatar",
        livekit_class="AvatarSession",
        chosen_by="agent alone",
        named_at=("avatar",),
        live="call",
        noun="avatar",
        title="A face that speaks in a video.",
        about="a face that speaks in a video: the plugin's name",
        choice="a provider whose avatar joins the room and speaks for the agent, with a picture; "
        "the call goes on without it where it does not come; not in chat, in tests and on the page",
        several=False,
    ),
)
"""All of them."""

KINDS: tuple[ProviderKind, ...] = tuple(row for row in ROWS if row.chosen_by == "agent")
"""Those that agents and personas name by a key of their own."""

IN_ORDER = "fallback"
"""What stands instead of a plugin's name where several providers are used in order."""

BY_HTTP = "http"
"""What stands instead of a plugin's name where a service is asked, without any code."""

PROVIDER_TOOL = "provider_tool"
"""What a tool is called that a LiveKit plugin has and its service runs: no provider by itself."""

BY_KEY: dict[str, ProviderKind] = {kind.key: kind for kind in ROWS}

NO_PROVIDERS: dict[str, str] = {"node": "lkrun.node", "tool": "lkrun.tool"}
"""Kind of plugin that is no provider → the group in which packages register theirs."""

KIND_NAMED_AT: dict[str, str] = {key: kind.key for kind in ROWS for key in kind.named_at}
"""Key of another block → the kind of provider that it names."""


def used_in(mode: str) -> tuple[ProviderKind, ...]:
    """The kinds that calls of a mode use."""
    return tuple(kind for kind in KINDS if mode in kind.modes)


def needed_in(mode: str) -> tuple[ProviderKind, ...]:
    """The kinds of which an agent of a mode must name one."""
    return tuple(kind for kind in KINDS if mode in kind.needed_in)
