"""What each kind of provider is made of in a call, where LiveKit has no one way for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from livekit.agents import inference, llm, stt, tts

from runner.schema.providers import Order
from runner.session.errors import CannotStartError
from runner.session.models.connection import Connection, keep_to
from runner.session.models.in_order import ModelsInOrder

IN_TEXT: Final = "realtime in text"
"""Speech-to-speech models that answer in text: by text, or where a voice speaks for them."""

LASTING: Final = frozenset({"avatar", "realtime", IN_TEXT, "turn_detector", "noise_cancellation"})
"""Kinds of which LiveKit takes no other in a running call."""

TEXT_ALONE: Final = {"modalities": (["text"], ["TEXT"])}
"""Options of such a model that an author need not write: name → what plugins call it."""


@dataclass(frozen=True, slots=True)
class LiveKitKind:
    """What LiveKit has for a kind of provider; None where it has nothing.

    Attributes:
        in_order: makes one of several, each used where those before it fail.
        inferred: makes a model of LiveKit Inference from its string.
        ordinary: makes what a session uses where nobody names anything.
    """

    in_order: Callable[..., Any] | None = None
    inferred: Callable[[str], Any] | None = None
    ordinary: Callable[[], Any] | None = None


def _text_model(name: str) -> Any:
    model = inference.llm_from_model_string(name)
    if not isinstance(model, llm.LLM):
        raise CannotStartError(f"'{name}' is a speech-to-speech model: write it as realtime:")
    return model


def _speech_model(name: str, **options: Any) -> Any:
    model = inference.llm_from_model_string(name)
    if isinstance(model, llm.LLM):
        raise CannotStartError(f"'{name}' is no speech-to-speech model: write it as llm:")
    if isinstance(model, llm.DuplexModel):
        return llm.DuplexRealtimeAdapter(model)
    return inference.RealtimeModel(name, **options) if options else model


def _speech_models(parts: list[Any]) -> Any:
    return llm.RealtimeModelFallbackAdapter(parts)


def _recognition(parts: list[Any], **terms: Any) -> Any:
    """Recognition that does not stream needs to be told where a sentence ends."""
    streaming = all(each.capabilities.streaming for each in parts)
    return stt.FallbackAdapter(parts, vad=None if streaming else inference.VAD(), **terms)


def _voices(parts: list[Any], *, attempt_timeout: float | None = None, **terms: Any) -> Any:
    """LiveKit's adapter gives each voice the time that it was given itself."""
    made = tts.FallbackAdapter(parts, **terms)
    return keep_to(made, "tts", Connection(timeout=attempt_timeout))


LIVEKIT: dict[str, LiveKitKind] = {
    "llm": LiveKitKind(ModelsInOrder, _text_model),
    "stt": LiveKitKind(_recognition, inference.STT.from_model_string),
    "tts": LiveKitKind(_voices, inference.TTS.from_model_string),
    "vad": LiveKitKind(ordinary=inference.VAD),
    "realtime": LiveKitKind(_speech_models, _speech_model),
    IN_TEXT: LiveKitKind(_speech_models, partial(_speech_model, modalities=["text"])),
}
"""Kind → what LiveKit has for it; a kind without a row has nothing of its own."""


def of(kind: str) -> LiveKitKind:
    """What LiveKit has for a kind."""
    return LIVEKIT.get(kind, LiveKitKind())


def in_order(kind: str, names: tuple[str, ...], parts: list[Any], how: Order | None = None) -> Any:
    """Make one of several.

    Args:
        kind: the key of a `ProviderKind`.
        names: their names, for a message.
        parts: LiveKit's objects, the first one first.
        how: when the next is used; LiveKit's choice without it.

    Raises:
        CannotStartError: they do not go together.
    """
    make = of(kind).in_order
    assert make is not None  # noqa: S101 - the language lets no list stand where there is only one
    try:
        return make(parts, **_terms(kind, how))
    except ValueError as error:
        raise CannotStartError(
            f"the {kind} fallbacks {', '.join(names)} do not go together: {error}"
        ) from None


_TERMS: dict[str, dict[str, str]] = {
    "llm": {
        "attempt_timeout": "attempt_timeout",
        "retries": "max_retry_per_llm",
        "sticky": "sticky",
    },
    "stt": {"attempt_timeout": "attempt_timeout", "retries": "max_retry_per_stt"},
    "tts": {"attempt_timeout": "attempt_timeout", "retries": "max_retry_per_tts"},
    "realtime": {},
    IN_TEXT: {},
}
"""Kind → key of a fallback → LiveKit's argument."""


def _terms(kind: str, how: Order | None) -> dict[str, Any]:
    written = how.model_fields_set if how is not None else frozenset()
    return {argument: getattr(how, key) for key, argument in _TERMS[kind].items() if key in written}


def inferred(kind: str, name: str) -> Any:
    """A model of LiveKit Inference, by its string (https://docs.livekit.io/agents/models/).

    Raises:
        CannotStartError: there is none, or it cannot be used.
    """
    make = of(kind).inferred
    if make is None:
        raise CannotStartError(f"there is no {kind} provider '{name}'")
    try:
        return make(name)
    except ValueError as error:
        reason = str(error).partition("\n")[0]
        if "api_key" in reason or "api key" in reason.lower():
            reason = "LiveKit Inference needs LIVEKIT_API_KEY and LIVEKIT_API_SECRET"
        raise CannotStartError(f"'{name}' cannot be used: {reason}") from None
