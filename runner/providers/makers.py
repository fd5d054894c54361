"""Names of models and voices by which people know them → who makes them."""

from __future__ import annotations

import re

from runner.late_pattern import late

_INFERENCE = {
    "llm": {
        "openai": r"gpt-|o[134](-|$)|chatgpt-",
        "google": r"gemini-",
        "moonshotai": r"kimi-",
        "deepseek-ai": r"deepseek-",
        "xai": r"grok-",
        "zai": r"glm-",
    },
    "stt": {
        "deepgram": r"nova-|flux-",
        "assemblyai": r"universal-",
        "cartesia": r"ink-",
    },
    "tts": {
        "cartesia": r"sonic(-|$)",
        "deepgram": r"aura-",
        "rime": r"mist|coda",
        "inworld": r"inworld-tts-",
    },
    "realtime": {
        "openai": r"gpt-realtime|gpt-live",
        "google": r"gemini-([\w.-]+-)?live",
        "xai": r"grok-voice",
    },
}
"""Kind → maker, as LiveKit Inference calls it → how its models' names begin."""

INFERENCE_MAKERS = frozenset(
    {maker for rows in _INFERENCE.values() for maker in rows}
    | {"elevenlabs", "fishaudio", "speechmatics"}
)
"""Those whose models LiveKit Inference has.

Source: the names of models in `livekit.agents.inference` of livekit-agents 1.8.9.
"""

_PLUGINS = {
    "llm": {
        "anthropic": r"claude",
        "mistralai": r"mistral-|ministral-|magistral-",
        "groq": r"llama-|llama3",
        "openai": r"gpt|chatgpt|open_?ai",
        "google": r"gemini",
    },
    "stt": {"openai": r"whisper", "google": r"chirp"},
    "tts": {
        "openai": r"(alloy|ash|ballad|coral|echo|fable|onyx|nova|sage|shimmer)$|tts-1|gpt-.*tts",
        "elevenlabs": r"eleven|11_?labs|rachel$",
        "google": r"[a-z]{2}-[a-z]{2}-(wavenet|neural2|chirp|standard)",
        "azure": r"[a-z]{2}-[a-z]{2}-\w+neural$",
    },
    "realtime": {
        "aws": r"nova-?sonic|nova_sonic",
        "google": r"gemini",
        "openai": r"gpt|chatgpt|open_?ai",
        "xai": r"grok",
    },
}
"""Kind → LiveKit plugin → how names that people know begin."""

OPTIONS = {"llm": "model", "stt": "model", "tts": "voice", "realtime": "model"}
"""Kind → the option under which such a name stands in `with`."""


_PLATFORM = late(
    r"(11_?labs|eleven(_?labs)?|open_?ai|chat_?gpt|gpt|claude|gemini|whisper|chirp)", re.IGNORECASE
)


def is_platform(name: str) -> bool:
    """Whether a name is that of a platform, not of one of its models."""
    return _PLATFORM.fullmatch(name) is not None


def inference_model(kind: str, name: str) -> str | None:
    """The string of LiveKit Inference of a model that was named without its maker."""
    maker = _maker(_INFERENCE, kind, name)
    return f"{maker}/{name.casefold()}" if maker else None


def plugin_of(kind: str, name: str) -> str | None:
    """The LiveKit plugin that probably has a model or voice of this name."""
    return _maker(_PLUGINS, kind, name)


def _maker(table: dict[str, dict[str, str]], kind: str, name: str) -> str | None:
    rows = table.get(kind, {})
    return next((m for m, begins in rows.items() if re.match(begins, name, re.IGNORECASE)), None)
