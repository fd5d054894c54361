"""LiveKit's published plugins, so that one that is not installed gets its exact install line.

Source: the extras of livekit-agents 1.8.9 whose packages exist on PyPI in that version, and the
    names that each of their
modules exports.
"""

from __future__ import annotations

PREFIX = "livekit-plugins-"

LIVEKIT: dict[str, tuple[str, ...]] = {
    "ai_coustics": ("noise_cancellation", "vad"),
    "anam": ("avatar",),
    "anthropic": ("llm",),
    "assemblyai": ("stt", "tts"),
    "asyncai": ("tts",),
    "avatario": ("avatar",),
    "avatartalk": ("avatar",),
    "aws": ("llm", "realtime", "stt", "tts"),
    "azure": ("realtime", "stt", "tts"),
    "baseten": ("llm", "stt", "tts"),
    "bey": ("avatar",),
    "bithuman": ("avatar",),
    "bland": ("tts",),
    "boson_avatar": ("avatar",),
    "cambai": ("tts",),
    "cartesia": ("stt", "tts"),
    "cerebras": ("llm",),
    "clova": ("stt",),
    "deepgram": ("stt", "tts"),
    "did": ("avatar",),
    "elevenlabs": ("stt", "tts"),
    "fal": ("stt",),
    "fireworksai": ("stt",),
    "fishaudio": ("tts",),
    "gladia": ("stt",),
    "gnani": ("stt", "tts"),
    "google": ("llm", "realtime", "stt", "tts"),
    "gradium": ("stt", "tts"),
    "groq": ("llm", "stt", "tts"),
    "hedra": ("avatar",),
    "hume": ("tts",),
    "inworld": ("stt", "tts"),
    "keyframe": ("avatar",),
    "krisp": ("noise_cancellation",),
    "lemonslice": ("avatar",),
    "liveavatar": ("avatar",),
    "lmnt": ("tts",),
    "meta": ("stt",),
    "microsoft_ai": ("stt", "tts"),
    "minimax": ("tts",),
    "mistralai": ("llm", "stt", "tts"),
    "murf": ("tts",),
    "nabrah": ("stt",),
    "neuphonic": ("tts",),
    "noise_cancellation": ("noise_cancellation",),
    "nvidia": ("realtime", "stt", "tts"),
    "openai": ("llm", "realtime", "stt", "tts"),
    "palabra": ("stt", "tts"),
    "perplexity": ("llm",),
    "phonic": ("realtime",),
    "protoface": ("avatar",),
    "resemble": ("tts",),
    "respeecher": ("tts",),
    "rime": ("tts",),
    "rtzr": ("stt",),
    "runway": ("avatar",),
    "sarvam": ("llm", "stt", "tts"),
    "silero": ("vad",),
    "simli": ("avatar",),
    "simplismart": ("stt", "tts"),
    "slng": ("stt", "tts"),
    "smallestai": ("stt", "tts"),
    "soniox": ("stt", "tts"),
    "spatius": ("avatar",),
    "speechify": ("tts",),
    "speechmatics": ("stt", "tts"),
    "spitch": ("stt", "tts"),
    "synthesia": ("avatar",),
    "tavus": ("avatar",),
    "telnyx": ("stt", "tts"),
    "thunderphone": ("realtime",),
    "trugen": ("avatar",),
    "turn_detector": ("turn_detector",),
    "ultravox": ("realtime",),
    "upliftai": ("tts",),
    "vakyam": ("tts",),
    "xai": ("realtime", "stt", "tts"),
}
"""Module under `livekit.plugins` (the name that a person writes) → the kinds it offers."""

OWN_VERSION = frozenset(
    {"ai_coustics", "bithuman", "hedra", "krisp", "noise_cancellation", "telnyx"}
)
"""Modules whose package is not published together with the framework."""

CLASSES = {"bvc": "noise_cancellation", "bvctelephony": "noise_cancellation"}
"""What people write for a plugin: the name of its class in LiveKit's documentation."""

RENAMED = {"minimax": "livekit-plugins-minimax-ai"}
"""Modules whose package has another name."""

OWN = {
    "espeak": ("lkrun-espeak", ("tts",)),
    "pocketsphinx": ("lkrun-pocketsphinx", ("stt",)),
    "script": ("lkrun-script", ("llm",)),
}
"""lkrun's own plugins: name → package and kinds."""

RUNS_TOOLS: dict[str, dict[str, str]] = {
    "anthropic": {"llm": "anthropic"},
    "google": {"llm": "google", "realtime": "google"},
    "mistralai": {"llm": "mistralai"},
    "openai": {"llm": "openai.responses"},
    "xai": {"llm": "xai.responses", "realtime": "xai"},
}
"""LiveKit plugin that has tools which its service runs → kind → the plugin that hands them to it.

Source: what reads `ProviderTool` in the plugins of livekit-agents 1.8.9.
"""

NEEDS = {"openai": "OPENAI_API_KEY", "spitch": "SPITCH_API_KEY"}
"""Modules whose key is read by software that they use, not by themselves."""

BUILT_IN = {"fallback": ("llm", "stt", "tts"), "http": ("llm", "stt", "tts")}
"""Built-in names of the language → the kinds that they may be."""


def package_of(module: str) -> str:
    """The package on PyPI that holds `livekit.plugins.<module>`."""
    return RENAMED.get(module, PREFIX + module.replace("_", "-"))


def module_of(package: str) -> str:
    """The module under `livekit.plugins` that a package (named with dashes) holds."""
    renamed = {there: here for here, there in RENAMED.items()}
    return renamed.get(package, package.removeprefix(PREFIX).replace("-", "_"))
