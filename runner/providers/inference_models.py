"""The models that LiveKit Inference is known to have.

Source: the names in `livekit.agents.inference` of livekit-agents 1.8.9, which tests compare.
"""

from __future__ import annotations

MODELS: dict[str, dict[str, tuple[str, ...]]] = {
    "llm": {
        "openai": (
            "gpt-4o",
            "gpt-4o-mini",
            "gpt-4.1",
            "gpt-4.1-mini",
            "gpt-4.1-nano",
            "gpt-5",
            "gpt-5-mini",
            "gpt-5-nano",
            "gpt-5.1",
            "gpt-5.1-chat-latest",
            "gpt-5.2",
            "gpt-5.2-chat-latest",
            "gpt-5.3-chat-latest",
            "gpt-5.4",
            "gpt-5.4-mini",
            "gpt-5.4-nano",
            "gpt-5.5",
            "gpt-5.6-luna",
            "gpt-5.6-sol",
            "gpt-5.6-terra",
            "gpt-6-luna",
            "gpt-6-sol",
            "gpt-6.1-sol",
            "chat-latest",
            "gpt-oss-120b",
        ),
        "google": (
            "gemini-4-argon",
            "gemini-3.1-pro",
            "gemini-3-flash",
            "gemini-3.1-flash-lite",
            "gemini-3.5-flash",
            "gemini-2.5-pro",
            "gemini-2.5-flash",
            "gemini-2.5-flash-lite",
        ),
        "moonshotai": (
            "kimi-k2.5",
            "kimi-k2.6",
        ),
        "deepseek-ai": (
            "deepseek-v3",
            "deepseek-v3.2",
        ),
        "zai": ("glm-5.1",),
        "xai": (
            "grok-4-1-fast-non-reasoning",
            "grok-4-1-fast-reasoning",
            "grok-4.20-0309-non-reasoning",
            "grok-4.20-0309-reasoning",
            "grok-4.20-multi-agent-0309",
            "grok-4.3",
            "grok-4.5",
        ),
    },
    "stt": {
        "deepgram": (
            "nova-3",
            "nova-3-medical",
            "nova-2",
            "nova-2-medical",
            "nova-2-conversationalai",
            "nova-2-phonecall",
            "flux-general",
            "flux-general-en",
            "flux-general-multi",
        ),
        "cartesia": (
            "ink-whisper",
            "ink-2",
        ),
        "assemblyai": (
            "universal-streaming",
            "universal-streaming-multilingual",
            "u3-rt-pro",
            "universal-3-5-pro",
            "universal-3-6-pro",
        ),
        "xai": ("stt-1",),
        "speechmatics": (
            "enhanced",
            "standard",
            "linden-1",
        ),
        "inworld": ("inworld-stt-1",),
        "google": ("gemini-3.5-transcribe-live",),
        "openai": ("gpt-live-transcribe",),
    },
    "tts": {
        "cartesia": (
            "sonic-3.5",
            "sonic-3",
            "sonic-2",
            "sonic-turbo",
            "sonic",
            "sonic-3-latest",
            "sonic-latest",
        ),
        "deepgram": (
            "aura",
            "aura-2",
        ),
        "rime": (
            "coda",
            "mistv2",
            "mistv3",
            "mist",
        ),
        "inworld": (
            "inworld-tts-2",
            "inworld-tts-1.5-max",
            "inworld-tts-1.5-mini",
            "inworld-tts-1.5",
            "inworld-tts-1-max",
            "inworld-tts-1",
        ),
        "xai": ("tts-1",),
        "fishaudio": (
            "s2.1-pro",
            "s2.1-pro-free",
            "s2-pro",
            "drama-3",
        ),
    },
    "realtime": {
        "openai": (
            "gpt-realtime",
            "gpt-realtime-mini",
            "gpt-realtime-2.1",
            "gpt-realtime-2.1-mini",
            "gpt-live-1",
        ),
        "google": (
            "gemini-3.8-live",
            "gemini-3.8-live-extended-thinking",
            "gemini-live",
        ),
        "xai": (
            "grok-voice",
            "grok-voice-latest",
            "grok-voice-3.0",
        ),
    },
}
"""Kind → maker → its models, without voice or language."""
