"""Speech-to-speech models of LiveKit Inference are told by their names."""

from __future__ import annotations

from livekit.agents.inference import _realtime_models as models

from runner.link.rules.providers import SPEECH_TO_SPEECH


def test_all_that_livekit_lists_are_known():
    """Each name that LiveKit makes a speech-to-speech model of is known as one."""
    listed = models._REALTIME_MODEL_IDS | models._DUPLEX_MODEL_IDS
    assert [name for name in listed if not SPEECH_TO_SPEECH.match(name)] == []


def test_models_of_words_are_not():
    """Models of words, as LiveKit has them, are not taken for such ones."""
    for name in ("openai/gpt-4.1-mini", "google/gemini-2.5-flash", "xai/grok-4"):
        assert not SPEECH_TO_SPEECH.match(name)
        assert not models.is_realtime_model(name)
