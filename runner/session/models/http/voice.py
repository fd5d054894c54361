"""A voice that is a service: each sentence is a request, spoken as its sound arrives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

from livekit.agents import APITimeoutError, tokenize, tts
from livekit.agents.tokenize.token_stream import BufferedSentenceStream
from livekit.agents.tokenize.tokenizer import SentenceStream
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions
from livekit.agents.utils import shortuuid

from runner.egress.providers import OpenAnswer
from runner.schema.http_providers import HttpVoice
from runner.session.models.http.service import HttpService, api_errors, in_words, said, unusable
from runner.session.models.http.sound import (
    HEAD,
    MIME,
    Samples,
    is_text,
    labelled_rate,
    wrong_kind,
    wrong_label,
)

log = logging.getLogger("lkrun")

_LOOK = "look at url:, body: and audio: below with:"
"""What to change where another thing comes than sound."""


def voice(service: HttpService[HttpVoice]) -> tts.TTS[str]:
    """The voice of a service, as LiveKit has it."""
    made = HttpTTS(service)
    return made if service.options.split else _WholeReplies(made)


class HttpTTS(tts.TTS[str]):
    """A voice of a service.

    Args:
        service: what is asked.
    """

    def __init__(self, service: HttpService[HttpVoice]) -> None:
        """Take the service; nothing is connected yet."""
        options = service.options
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False),
            sample_rate=options.sample_rate,
            num_channels=options.channels,
        )
        self.service = service

    @property
    def model(self) -> str:
        """The provider's name, for usage and metrics."""
        return self.service.name

    @property
    def provider(self) -> str:
        """The same for all of them."""
        return "http"

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        """Speak one text."""
        return _Utterance(self, text, conn_options)


class _Utterance(tts.ChunkedStream):
    def __init__(self, voice: HttpTTS, text: str, conn_options: APIConnectOptions) -> None:
        super().__init__(tts=voice, input_text=text, conn_options=conn_options)
        self._service = voice.service

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        options = self._service.options
        output_emitter.initialize(
            request_id=shortuuid("http_"),
            sample_rate=options.sample_rate,
            num_channels=options.channels,
            mime_type=MIME[options.audio],
        )
        values = {"text": self._input_text}
        async with self._service.open(values, self._conn_options) as answer:
            wrong = wrong_label(answer.content_type)
            if wrong is not None:
                raise unusable(f"{answer.server}: {wrong}{await said(answer)}; {_LOOK}")
            clock = asyncio.get_running_loop().time
            begun = clock()
            async for piece in self._sound(answer):
                output_emitter.push(piece)
                behind = clock() - begun - output_emitter.pushed_duration()
                if behind > answer.silence:
                    wrong = f"its sound is {answer.silence:.3g}s behind what is heard of it"
                    raise APITimeoutError(f"{answer.server}: {wrong}", retryable=False)

    async def _sound(self, answer: OpenAnswer) -> AsyncIterator[bytes]:
        """The sound of an answer, once it is seen to be some."""
        options = self._service.options
        samples = self._samples(answer) if options.audio == "pcm_s16le" else None
        head, begun = b"", False
        with api_errors():
            async for piece in answer.pieces():
                sound = piece
                if not begun:
                    head += piece
                    if len(head) < HEAD:
                        continue
                    _must_be(options.audio, head, answer)
                    begun, sound = True, head
                yield samples.feed(sound) if samples is not None else sound
        if not begun:
            if head:
                _must_be(options.audio, head, answer)
            raise unusable(f"{answer.server}: the answer holds no sound; {_LOOK}")
        if samples is not None:
            yield samples.rest()

    def _samples(self, answer: OpenAnswer) -> Samples:
        options = self._service.options
        rate = labelled_rate(answer.content_type)
        if rate is not None and rate != options.sample_rate:
            log.warning(
                "provider '%s': %s says that it sends %d samples a second, and sample_rate is %d; "
                "the service is believed",
                self._service.name, answer.server, rate, options.sample_rate,
            )  # fmt: skip
        return Samples(rate or options.sample_rate, options.sample_rate, options.channels)


def _must_be(audio: str, head: bytes, answer: OpenAnswer) -> None:
    """Refuse what begins as another thing than this sound does."""
    wrong = wrong_kind(head, audio)
    if wrong is not None:
        words = in_words(head, answer) if is_text(head) else ""
        raise unusable(f"{answer.server}: {wrong}{words}; {_LOOK}")


class _WholeReplies(tts.StreamAdapter):
    """A voice that is given a whole reply at once: it may take its tone from all of it."""

    def __init__(self, voice: HttpTTS) -> None:
        super().__init__(tts=voice, sentence_tokenizer=_AtOnce())

    async def aclose(self) -> None:
        await super().aclose()
        await self._wrapped_tts.aclose()


class _AtOnce(tokenize.SentenceTokenizer):
    """Takes all that is said for one sentence."""

    def tokenize(self, text: str, *, language: str | None = None) -> list[str]:  # noqa: ARG002 - LiveKit's signature
        return [text]

    def stream(self, *, language: str | None = None) -> SentenceStream:  # noqa: ARG002 - LiveKit's signature
        return BufferedSentenceStream(
            tokenizer=lambda text: [(text, 0, len(text))], min_token_len=1, min_ctx_len=LONGEST
        )


LONGEST = 1_000_000
"""Characters of a reply that is never cut."""
