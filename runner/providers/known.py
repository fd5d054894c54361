"""LiveKit's published plugins, so that one that is not installed gets its exact install line.

Source: the extras of livekit-agents 1.8.9 whose packages exist on PyPI in that version, and the
    names that each of their
modules exports.
"""

from __future__ import annotations

PREFIX = "livekit-plugins-"

LIVEKIT: dict[str, tuple[str, ...]] = {
    "anthropic": ("llm",),
    "assemblyai": ("stt", "tts"),
    "asyncai": ("tts",),
    "aws": ("llm", "stt", "tts"),
    "azure": ("stt", "tts"),
    "baseten": ("llm", "stt", "tts"),
    "bland": ("tts",),
    "cambai": ("tts",),
    "cartesia": ("stt", "tts"),
    "cerebras": ("llm",),
    "clova": ("stt",),
    "deepgram": ("stt", "tts"),
    "elevenlabs": ("stt", "tts"),
    "fal": ("stt",),
    "fireworksai": ("stt",),
    "fishaudio": ("tts",),
    "gladia": ("stt",),
    "gnani": ("stt", "tts"),
    "google": ("llm", "stt", "tts"),
    "gradium": ("stt", "tts"),
    "groq": ("llm", "stt", "tts"),
    "hume": ("tts",),
    "inworld": ("stt", "tts"),
    "lmnt": ("tts",),
    "meta": ("stt",),
    "microsoft_ai": ("stt", "tts"),
    "minimax": ("tts",),
    "mistralai": ("llm", "stt", "tts"),
    "murf": ("tts",),
    "nabrah": ("stt",),
    "neuphonic": ("tts",),
    "nvidia": ("stt", "tts"),
    "openai": ("llm", "stt", "tts"),
    "palabra": ("stt", "tts"),
    "perplexity": ("llm",),
    "resemble": ("tts",),
    "respeecher": ("tts",),
    "rime": ("tts",),
    "rtzr": ("stt",),
    "sarvam": ("llm", "stt", "tts"),
    "silero": ("vad",),
    "simplismart": ("stt", "tts"),
    "slng": ("stt", "tts"),
    "smallestai": ("stt", "tts"),
    "soniox": ("stt", "tts"),
    "speechify": ("tts",),
    "speechmatics": ("stt", "tts"),
    "spitch": ("stt", "tts"),
    "upliftai": ("tts",),
    "vakyam": ("tts",),
    "xai": ("stt", "tts"),
}
"""Module under `livekit.plugins` (the name that a person writes) → the kinds it offers."""

RENAMED = {"minimax": "livekit-plugins-minimax-ai"}
"""Modules whose package has another name."""

OWN = {
    "espeak": ("lkrun-espeak", ("tts",)),
    "pocketsphinx": ("lkrun-pocketsphinx", ("stt",)),
    "script": ("lkrun-script", ("llm",)),
}
"""lkrun's own plugins: name → package and kinds."""

LATER = frozenset({"fallback", "http"})
"""Built-in names of the language that are not available yet."""


def package_of(module: str) -> str:
    """The package on PyPI that holds `livekit.plugins.<module>`."""
    return RENAMED.get(module, PREFIX + module.replace("_", "-"))


def module_of(package: str) -> str:
    """The module under `livekit.plugins` that a package (named with dashes) holds."""
    renamed = {there: here for here, there in RENAMED.items()}
    return renamed.get(package, package.removeprefix(PREFIX).replace("-", "_"))
