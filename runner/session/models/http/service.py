"""A service of speech or words: its requests, and its failures as LiveKit's errors."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError
from livekit.agents.types import APIConnectOptions

from runner.egress.providers import OpenAnswer, ProviderEgress
from runner.egress.trouble import RequestError
from runner.schema.http_providers import HttpOptions
from runner.schema.services import Service
from runner.session.models.plainly import own_words

_SAID = 4096
"""Bytes of an answer in which a service says what is wrong."""

_SAID_WITHIN = 1.0
"""Seconds in which they have to be there."""

_SHOWN = 160

OptionsT = TypeVar("OptionsT", bound=HttpOptions)


@dataclass(frozen=True, slots=True)
class HttpService(Generic[OptionsT]):
    """A service, as the provider of an agent.

    Attributes:
        name: the provider's.
        options: its request, with what its service says.
        service: what it asks, where that has a name.
        language: the agent's locale.
    """

    name: str
    options: OptionsT
    service: Service | None
    egress: ProviderEgress
    language: str = ""

    @contextlib.asynccontextmanager
    async def open(
        self,
        values: Mapping[str, Any],
        conn_options: APIConnectOptions,
        files: Mapping[str, bytes] | None = None,
    ) -> AsyncIterator[OpenAnswer]:
        """Send a request, and give its answer as soon as that begins.

        A `timeout` that the author wrote counts; else LiveKit's of the session does.

        Raises:
            APIError: it failed, or its answer breaks off while it is read.
        """
        spec: HttpOptions = self.options
        if "timeout" not in spec.model_fields_set:
            spec = spec.model_copy(update={"timeout": conn_options.timeout})
        names = {"language": self.language or None, **values}
        with api_errors():
            async with self.egress.open(
                spec, self.service, names, files=files, silence=spec.timeout
            ) as answer:
                yield answer


@contextlib.contextmanager
def api_errors() -> Iterator[None]:
    """Turn what the egress raises into LiveKit's errors.

    Raises:
        APIError: the kind that fits.
    """
    try:
        yield
    except RequestError as error:
        raise api_error(error) from None


def api_error(error: RequestError) -> APIError:
    """The error of LiveKit that says the same."""
    if error.timed_out:
        return APITimeoutError(error.error, retryable=error.passing)
    if error.status is not None and not 200 <= error.status < 300:  # noqa: PLR2004 - the statuses 2xx
        return APIStatusError(error.error, status_code=error.status, retryable=error.passing)
    return APIConnectionError(error.error, retryable=error.passing)


async def said(answer: OpenAnswer) -> str:
    """What a service says in an answer of the wrong kind, as the end of a sentence."""
    body = b""
    with contextlib.suppress(RequestError, TimeoutError):
        async with asyncio.timeout(_SAID_WITHIN):
            async for piece in answer.pieces():
                body += piece
                if len(body) > _SAID:
                    break
    return in_words(body, answer)


def in_words(body: bytes, answer: OpenAnswer) -> str:
    """The service's own words in a body, without secrets; nothing of a page."""
    told = answer.exchange.mask.text(body[:_SAID].decode("utf-8", "replace"))
    words = own_words(told)
    readable = words.replace("\ufffd", "").isprintable()
    return f": {words[:_SHOWN].rstrip('.')}" if words and readable else ""


def unusable(message: str) -> APIError:
    """The error of an answer that no second attempt would better."""
    return APIError(message, retryable=False)
