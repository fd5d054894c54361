"""Voices, speech recognition and models that are asked by HTTP, without any code.

Their `with` is an http block, as a tool has it, with what sound and words need besides.
"""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.http import METHODS, Body, Request
from runner.schema.types.blocks import Block, OrNo, any_of, key, together
from runner.schema.types.measures import Size, SomeTime, decimal
from runner.schema.types.mistake import clash, mistake
from runner.schema.types.paths import JmesPath
from runner.schema.types.texts import Plain, Sent
from runner.schema.types.values import one_of, whole
from runner.template import analyse

LARGEST_SOUND = 256 * 1024 * 1024
_RATES = (8_000, 192_000)
_HERTZ = whole(*_RATES, such="write samples a second, such as 24000")
_SPEECH = ("text", "language")
_SOUNDS = dict.fromkeys(("pcm", "raw", "linear16", "s16le", "pcm_16000", "pcm_24000"), "pcm_s16le")
_SOUNDS |= {"ogg": "opus", "mpeg": "mp3", "wave": "wav"}
_TURN = ("messages", "tools", "language")


def _bounded(size: int) -> int:
    if size > LARGEST_SOUND:
        raise mistake("E109", "an answer of more than 256MB cannot be read", "write 256MB or less")
    return size


class HttpOptions(Request):
    """What every service of speech and words takes."""

    noun: ClassVar[str] = "an http provider"
    elsewhere: ClassVar[dict[str, str]] = {
        "json": "write body: and json: below it",
        "form": "write body: and form: below it",
        "params": "write query:",
        "bearer": "write auth: and bearer: below it",
        "api_key": "write auth: and api_key: below it, or the header that the service wants",
        "rate_limit": "it belongs to a service, below services:",
        "max_concurrent": "it belongs to a service, below services:",
        "breaker": "it belongs to a service, below services:",
        "result": "write pick: here",
        "retry_wait": "it stands beside with:, not in it",
    }
    rules: ClassVar[JsonSchemaValue] = {"allOf": [Request.rules["allOf"][0]]}

    method: Annotated[str, one_of(*METHODS)] = key("GET POST PUT PATCH DELETE HEAD", "POST")
    max_response: Annotated[Size, AfterValidator(_bounded)] = key(
        "so much of the answer is read at most; more is a failure", 64 * 1024 * 1024
    )

    timeout: SomeTime = key("so long the answer may take to begin, or pause", 10.0)
    retries: Annotated[int, whole(0, 10)] = key(
        "further attempts where no answer began, or one that may pass; LiveKit's come on top", 0
    )

    @property
    def repeatable(self) -> bool:
        """Whether a second attempt can do no harm: words that are asked for twice never do."""
        return True


class HttpVoice(HttpOptions):
    """A voice service: what is to be said goes out, sound comes back."""

    noun: ClassVar[str] = "a voice by HTTP"

    query: dict[str, Sent] = key(
        "name → value; a value that is missing leaves the name out", {}, names=_SPEECH
    )
    body: Body | None = key(
        "what is sent: {{ text }} is what to say, {{ language }} the agent's locale",
        None,
        names=_SPEECH,
    )
    audio: Annotated[str, one_of("pcm_s16le", "wav", "mp3", "opus", meant=_SOUNDS)] = key(
        "what comes back: pcm_s16le (samples alone), wav, mp3 or opus (in Ogg)"
    )
    sample_rate: Annotated[int, _HERTZ] = key("samples a second", 24_000)
    channels: Annotated[int, whole(1, 2)] = key("1, or 2 for stereo", 1)
    split: Annotated[
        Annotated[str, one_of("sentences")] | Literal[False],
        OrNo(wanted="write sentences, or no"),
    ] = key(
        "sentences: each is asked for as soon as it is known; no: the whole reply at once",
        "sentences",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not _uses("text", self.query, self.body):
            raise mistake(
                "E103",
                "nothing here says where the words go",
                "write {{ text }} in the body, where the words belong"
                if self.body or self.query
                else 'add body: and below it json: with text: "{{ text }}"',
            )
        return self


class RecordedForm(Block):
    """The form in which speech is sent."""

    noun: ClassVar[str] = "a body with speech"
    elsewhere: ClassVar[dict[str, str]] = {
        "json": "speech is sent as a file of a form: write its further fields below form:",
        "multipart": "write form:, with the fields beside the file",
        "text": "write form:, with the fields beside the file",
    }

    form: dict[str, Sent] = key("name → value: fields beside the file with the speech", {})


class HttpRecognition(HttpOptions):
    """A service that recognises speech: what was said goes out as a file, its text comes back."""

    noun: ClassVar[str] = "speech recognition by HTTP"

    query: dict[str, Sent] = key(
        "name → value; a value that is missing leaves the name out", {}, names=("language",)
    )
    body: RecordedForm | None = key(  # type: ignore[assignment]  # speech is always a file of a form
        "further fields of the form; {{ language }} is the agent's locale",
        None,
        names=("language",),
    )
    send: Annotated[str, one_of("wav", "pcm_s16le")] = key("how the speech is sent", "wav")
    field: Plain = key("the field of the form that holds the speech", Plain("file"))
    pick: JmesPath = key("where the text stands in the answer (JMESPath)", JmesPath("text"))
    language: JmesPath = key("where its language stands, if it does", JmesPath("language"))


_OPENAI = ("model", "temperature", "max_tokens")


class HttpModel(HttpOptions):
    """A language model: the conversation goes out, words come back."""

    noun: ClassVar[str] = "a model by HTTP"
    rules: ClassVar[JsonSchemaValue] = {
        "allOf": [
            Request.rules["allOf"][0],
            any_of("style", "body"),
            *(together("style", name) for name in ("body", "stream", "pick")),
            {"dependentRequired": {name: ["style"] for name in _OPENAI}},
        ]
    }

    query: dict[str, Sent] = key(
        "name → value; a value that is missing leaves the name out", {}, names=("language",)
    )
    body: Body | None = key(
        "what is sent: {{ messages }} is the conversation, {{ tools }} what the model may call, "
        "both as OpenAI writes them",
        None,
        names=_TURN,
    )
    style: Annotated[str, one_of("openai")] | None = key(
        "openai: the service speaks OpenAI's chat completions, tool calls and all; url is the "
        "whole address",
        None,
    )
    model: Sent | None = key("with style: the model's name there", None)
    temperature: Annotated[float, decimal(0, 2)] | None = key("with style: 0 to 2", None)
    max_tokens: Annotated[int, whole(1, 1_000_000)] | None = key(
        "with style: the longest answer", None
    )
    stream: Annotated[
        Annotated[str, one_of("sse", "ndjson")] | Literal[False],
        OrNo(wanted="write sse, ndjson or no"),
    ] = key(
        "how the answer comes: sse (server-sent events), ndjson (a line of JSON each), "
        "no (in one piece)",
        "sse",
    )
    pick: JmesPath | None = key(
        "where the words stand in a piece of the answer (JMESPath); without it the piece is text",
        None,
    )

    @model_validator(mode="after")
    def _style_or_body(self) -> Self:
        given = self.model_fields_set
        if self.style is None and self.body is None:
            raise mistake(
                "E103",
                "a model by HTTP needs 'style' or 'body'",
                "add style: openai if the service speaks OpenAI's chat completions, or body: with "
                "{{ messages }}",
            )
        if self.body is not None and not _uses("messages", self.query, self.body):
            raise mistake(
                "E103",
                "nothing here says where the conversation goes",
                'write "{{ messages }}" in body:, where the service wants it',
                at=("body",),
                on="key",
            )
        for name in ("body", "stream", "pick"):
            if self.style is not None and name in given:
                raise clash("style", name, self.noun)
        for name in _OPENAI if self.style is None else ():
            if name in given:
                raise mistake(
                    "E112",
                    f"'{name}' belongs to style: openai",
                    f"write it into body:, as the service wants it, and delete '{name}' here",
                    at=(name,),
                    on="key",
                )
        return self


def _uses(name: str, *parts: Any) -> bool:
    """Whether a template among these has a name."""
    texts = (text for part in parts for text in _texts(part) if name in text)
    return any(use.path[0] == name for text in texts for use in analyse(text).uses)


def _texts(value: Any) -> list[str]:
    """All texts of a body."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Body):
        return [t for name in value.model_fields_set for t in _texts(getattr(value, name))]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    return [text for item in items for text in _texts(item)]


HTTP: dict[str, type[HttpOptions]] = {
    "llm": HttpModel,
    "stt": HttpRecognition,
    "tts": HttpVoice,
}
"""Kind → what `http` takes as one."""
