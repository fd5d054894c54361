"""The models, ears and voices of a call, each built once and shared by its personas."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from livekit.agents import inference, llm, stt, tts

from runner.providers.build import ProviderBuildError, build
from runner.session.wording import Wording
from runner.spec.providers import AnyProvider

log = logging.getLogger("lkrun")

Secrets = Callable[[str], str | None]


class CannotStartError(Exception):
    """A conversation that cannot begin; the message is one plain sentence without any secret."""


class _Secrets(Mapping[str, str]):
    """Looks secrets up, and remembers them so that no message shows one."""

    def __init__(self, resolve: Secrets) -> None:
        self.resolve = resolve
        self.seen: dict[str, str] = {}
        self.lacking: set[str] = set()

    def __getitem__(self, name: str) -> str:
        value = self.resolve(name)
        if value is None:
            self.lacking.add(name)
            raise KeyError(name)
        self.seen[name] = value
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self.seen)

    def __len__(self) -> int:
        return len(self.seen)


class Models:
    """Builds what an agent or persona names, when it is first used.

    Args:
        providers: name → provider.
        wording: renders options.
        secrets: looks up a secret by its name.
    """

    def __init__(
        self, providers: Mapping[str, AnyProvider], wording: Wording, secrets: Secrets
    ) -> None:
        """Build nothing yet."""
        self._providers = providers
        self._wording = wording
        self._secrets = _Secrets(secrets)
        self._single: dict[tuple[str, str], Any] = {}
        self._lists: dict[tuple[str, tuple[str, ...]], Any] = {}

    def get(self, kind: str, names: tuple[str, ...] | str) -> Any:
        """The LiveKit object of a kind: the same for the same names; a list falls back in order.

        Raises:
            CannotStartError: it cannot be built.
        """
        wanted = (str(names),) if isinstance(names, str) else tuple(map(str, names))
        if len(wanted) == 1:
            return self._one(kind, wanted[0])
        if (kind, wanted) not in self._lists:
            try:
                self._lists[kind, wanted] = _FALLBACK[kind]([self._one(kind, n) for n in wanted])
            except ValueError as error:
                raise CannotStartError(
                    f"the {kind} fallbacks {', '.join(wanted)} do not go together: {error}"
                ) from None
        return self._lists[kind, wanted]

    def _one(self, kind: str, name: str) -> Any:
        if (kind, name) not in self._single:
            provider = self._providers.get(name)
            made = _inferred(kind, name) if provider is None else self._build(name, provider)
            self._single[kind, name] = made
        return self._single[kind, name]

    def _build(self, name: str, provider: AnyProvider) -> Any:
        options = self._wording.data(provider.options, {"secrets": self._secrets})
        if self._secrets.lacking:
            lacking = ", ".join(sorted(self._secrets.lacking))
            raise CannotStartError(f"provider '{name}' needs a secret that is not set: {lacking}")
        try:
            return build(
                provider.kind, str(provider.plugin), options, secrets=self._secrets.seen.values()
            )
        except ProviderBuildError as error:
            raise CannotStartError(f"provider '{name}': {error}") from None

    def mask(self, text: str) -> str:
        """A message without the secrets that were used."""
        for secret in sorted(self._secrets.seen.values(), key=len, reverse=True):
            if secret:
                text = text.replace(secret, "•••")
        return text

    async def aclose(self) -> None:
        """Close all that was built."""
        made = [*self._lists.values(), *self._single.values()]
        self._lists.clear()
        self._single.clear()
        closing = [each.aclose() for each in made if hasattr(each, "aclose")]
        for result in await asyncio.gather(*closing, return_exceptions=True):
            if isinstance(result, Exception):
                log.debug("a provider could not be closed: %s", type(result).__name__)


_FALLBACK: dict[str, Callable[[list[Any]], Any]] = {
    "llm": llm.FallbackAdapter,
    "stt": lambda ears: stt.FallbackAdapter(ears, vad=_vad_for(ears)),
    "tts": tts.FallbackAdapter,
}


def _vad_for(ears: list[Any]) -> Any:
    """Ears that do not stream need to be told where a sentence ends."""
    return None if all(each.capabilities.streaming for each in ears) else inference.VAD()


def _text_model(name: str) -> Any:
    model = inference.llm_from_model_string(name)
    if not isinstance(model, llm.LLM):
        raise CannotStartError(
            f"'{name}' is a speech-to-speech model, which this version of lkrun cannot use"
        )
    return model


_INFERENCE: dict[str, Callable[[str], Any]] = {
    "llm": _text_model,
    "stt": inference.STT.from_model_string,
    "tts": inference.TTS.from_model_string,
}


def _inferred(kind: str, name: str) -> Any:
    """A model of LiveKit Inference, by its string (https://docs.livekit.io/agents/models/)."""
    if kind not in _INFERENCE:
        raise CannotStartError(f"there is no {kind} provider '{name}'")
    try:
        return _INFERENCE[kind](name)
    except ValueError as error:
        reason = str(error).partition("\n")[0]
        if "api_key" in reason or "api key" in reason.lower():
            reason = "LiveKit Inference needs LIVEKIT_API_KEY and LIVEKIT_API_SECRET"
        raise CannotStartError(f"'{name}' cannot be used: {reason}") from None
