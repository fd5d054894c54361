"""Speech recognition that is a service: what was said is sent as a file, its text comes back."""

from __future__ import annotations

from typing import Any

import jmespath
from livekit import rtc
from livekit.agents import stt
from livekit.agents.types import NOT_GIVEN, APIConnectOptions, NotGivenOr
from livekit.agents.utils import AudioBuffer, is_given, shortuuid

from runner.egress.mask import Mask
from runner.egress.response.incoming import understand
from runner.schema.http import Body, FilePart
from runner.schema.http_providers import HttpRecognition
from runner.schema.types.files import AttachedFile
from runner.session.models.http.service import HttpService, api_errors, in_words, unusable

_FILES = {"wav": "speech.wav", "pcm_s16le": "speech.pcm"}
_NOTHING = Mask(())
_OK = 200
"""What says that there is a transcript; 204 says that there is nothing."""


class HttpSTT(stt.STT[str]):
    """Speech recognition of a service.

    Args:
        service: what is asked.
    """

    def __init__(self, service: HttpService[HttpRecognition]) -> None:
        """Take the service; nothing is connected yet."""
        super().__init__(capabilities=stt.STTCapabilities(streaming=False, interim_results=False))
        self.service = service
        self._path = _FILES[service.options.send]

    @property
    def model(self) -> str:
        """The provider's name, for usage and metrics."""
        return self.service.name

    @property
    def provider(self) -> str:
        """The same for all of them."""
        return "http"

    async def _recognize_impl(
        self,
        buffer: AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        options = self.service.options
        values = {"language": str(language)} if is_given(language) and language else {}
        async with self._form().open(values, conn_options, self._speech(buffer)) as answer:
            with api_errors():
                body = await answer.whole(within=answer.silence)
                if not body.strip() and answer.status == _OK:
                    raise unusable(
                        f"{answer.server}: the answer is empty; look at url: below with:"
                    )
                understood = understand(body, answer.content_type, _NOTHING)
        if not understood.is_json:
            kind = answer.content_type.partition(";")[0].strip()
            wrong = f"the answer is no JSON ({kind or 'without a Content-Type'})"
            raise unusable(
                f"{answer.server}: {wrong}{in_words(body, answer)}; look at url: below with:"
            )
        text = _picked(options.pick, understood.data)
        if text is None and understood.data is not None:
            wrong = f"pick: {options.pick} finds no text in the answer"
            look = "look at url: and pick: below with:"
            raise unusable(f"{answer.server}: {wrong}{in_words(body, answer)}; {look}")
        spoken = _picked(options.language, understood.data) or str(values.get("language", ""))
        alternative = stt.SpeechData(
            language=spoken or self.service.language,  # type: ignore[arg-type]  # LiveKit reads any text
            text=(text or "").strip(),
        )
        return stt.SpeechEvent(
            type=stt.SpeechEventType.FINAL_TRANSCRIPT,
            request_id=shortuuid("http_"),
            alternatives=[alternative],
        )

    def _form(self) -> HttpService[Any]:
        """The service, with the speech as a file of its form."""
        options = self.service.options
        fields: dict[str, Any] = dict(options.body.form) if options.body is not None else {}
        part = FilePart.model_construct(file=AttachedFile(self._path))
        form = Body.model_construct(
            {"multipart"}, multipart={**fields, str(options.field): part},
            json_=None, form=None, text=None,
        )  # fmt: skip
        spec = options.model_copy(update={"body": form})
        own = self.service
        return HttpService(own.name, spec, own.service, own.egress, own.language)

    def _speech(self, buffer: AudioBuffer) -> dict[str, bytes]:
        frame = rtc.combine_audio_frames(buffer)
        raw = self.service.options.send == "pcm_s16le"
        return {self._path: bytes(frame.data) if raw else frame.to_wav_bytes()}


def _picked(path: str, data: Any) -> str | None:
    try:
        value = jmespath.search(path, data)
    except jmespath.exceptions.JMESPathError:
        return None
    return str(value) if isinstance(value, str | int | float) else None
