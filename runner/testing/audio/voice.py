"""Who speaks for the caller: any provider of a voice, or recordings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from livekit.agents import APIError, tts

from runner.egress.providers import USUAL_NETWORK, ProviderNetwork
from runner.egress.secrets import Secrets
from runner.link.cases import TestCase
from runner.link.release import AgentRelease
from runner.providers.build import ProviderBuildError, build
from runner.schema.providers import chosen
from runner.session.errors import CannotStartError
from runner.session.facts import CallFacts
from runner.session.models.providers import Models
from runner.session.speech.samples import Samples, samples_of
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables
from runner.testing.audio.sound import SoundError, louder, read_wav, resampled

USUAL = "espeak"
"""The plugin that speaks for a caller where nobody is named, and it is installed."""

_SLOWLY = {"speed": 150}


class CallerVoice:
    """Speaks the caller's words.

    Args:
        case: the test: its `caller.tts`, its recordings and noise.
        release: the agent, whose voice is used where there is no other.
        secrets: of the provider.
        network: how it is reached, and how files of the folder are read.
    """

    def __init__(
        self,
        case: TestCase,
        release: AgentRelease,
        secrets: Secrets,
        network: ProviderNetwork = USUAL_NETWORK,
    ) -> None:
        """Build nothing yet."""
        self._case, self._network = case, network
        parts = {name: getattr(release, name) for name in AgentRelease.model_fields}
        for section, added in case.voice.items():
            parts[section] = {**parts[section], **added}
        self._release = AgentRelease.model_construct(**parts)
        context = TemplateContext(self._release, CallFacts(), Variables(release.variables))
        renderer = TemplateRenderer(context, release.places)
        self._models = Models(self._release, renderer, secrets.get, network)
        self._tts: tts.TTS[Any] | None = None
        self._own: tts.TTS[Any] | None = None

    async def say(self, words: str) -> Samples:
        """Speak words.

        Raises:
            CannotStartError: the voice cannot be built.
            SoundError: it made no sound.
        """
        voice = self._tts = self._tts or self._built()
        try:
            frames = [each.frame async for each in voice.synthesize(words)]
        except APIError as error:
            reason = self._models.mask(error.message)
            raise SoundError(f"the caller's voice could not speak: {reason}") from None
        sound = np.concatenate([np.zeros(0, np.int16), *map(samples_of, frames)])
        if not len(sound):
            raise SoundError(f"the caller's voice made no sound of '{words}'")
        return resampled(sound, frames[0].sample_rate)

    def recording(self, name: str) -> Samples:
        """What a file of the folder holds.

        Raises:
            SoundError: it cannot be read.
        """
        path = self._case.sounds.get(name, name)
        try:
            return read_wav(self._network.files(path), path)
        except OSError as error:
            raise SoundError(str(error)) from None

    def noise(self) -> Samples | None:
        """What is heard around the caller.

        Raises:
            SoundError: its file cannot be read.
        """
        caller = self._case.spec.caller
        if caller is None or caller.noise is None:
            return None
        return louder(self.recording(str(caller.noise.file)), caller.noise.volume)

    async def aclose(self) -> None:
        """Close the provider."""
        if self._own is not None:
            await self._own.aclose()
        await self._models.aclose()

    def _built(self) -> tts.TTS[Any]:
        caller = self._case.spec.caller
        if caller is not None and caller.tts is not None:
            named: tts.TTS[Any] = self._models.get("tts", str(caller.tts))
            return named
        for options in self._usual():
            try:
                self._own = build("tts", USUAL, options)
            except ProviderBuildError:
                continue
            return self._own
        names = chosen(self._release.agent, "tts")
        if not names:
            raise CannotStartError("nobody speaks for the caller: neither espeak nor the agent")
        own: tts.TTS[Any] = self._models.get("tts", names)
        return own

    def _usual(self) -> Iterator[dict[str, Any]]:
        """Options of the usual voice, in the agent's language first."""
        locale = str(self._release.agent.locale or "en-us").casefold()
        for voice in dict.fromkeys((locale, locale.partition("-")[0])):
            yield {"voice": voice, **_SLOWLY}
