"""Traces of conversations, where OpenTelemetry's own environment variables ask for them.

LiveKit tells what happens in a session as spans; here is where they are sent, and what lkrun adds
to them: a span for each conversation, under which all the others stand, and one for each tool. What
is said, what tools are given and answer, and the texts of errors are in none of them.

Sources: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/,
https://www.w3.org/TR/trace-context/, and `livekit.agents.telemetry`.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from livekit.agents import telemetry
from opentelemetry import trace
from opentelemetry.trace import Span, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from runner import __version__

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

    from runner.egress.port import Attempt

log = logging.getLogger("lkrun")

FLUSH_SECONDS: Final = 3.0
"""So long the end of a process waits for spans that are not sent yet."""

_ADDRESSES: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


class _State:
    """What this process has.

    Attributes:
        provider: what makes spans and sends them; None where nobody wants any.
    """

    provider: TracerProvider | None = None
    tracer: trace.Tracer = trace.NoOpTracer()


def wanted(environ: Mapping[str, str] | None = None) -> bool:
    """Whether the environment asks for traces: an address of OTLP, or `OTEL_TRACES_EXPORTER`."""
    given = os.environ if environ is None else environ
    if given.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = given.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if exporter:
        return exporter == "otlp"
    return any(given.get(name, "").strip() for name in _ADDRESSES)


def begin() -> None:
    """Send traces from now on, where the environment asks for them; once in a process.

    It must not be called before a fork: what sends is a thread.
    """
    if _State.provider is not None or not wanted():
        return
    try:
        from runner.session.trace_sender import by_environment  # noqa: PLC0415 - only who wants traces pays

        use(_provider(), by_environment())
    except Exception as error:  # noqa: BLE001 - whatever stands in the variables, calls go on
        log.warning("no traces are sent: %s", str(error).partition("\n")[0] or type(error).__name__)


def use(provider: TracerProvider, exporter: SpanExporter) -> None:
    """Make all spans with this provider, LiveKit's too, and send them without what was said."""
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - only who wants traces pays

    telemetry.set_tracer_provider(provider, allow_pii=False)
    # after LiveKit's filter, which takes out of a span what those behind it may not see
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _State.provider, _State.tracer = provider, provider.get_tracer("lkrun", __version__)


async def flush() -> None:
    """Send what is not sent yet, as long as that takes no more than `FLUSH_SECONDS`."""
    if (provider := _State.provider) is not None:
        milliseconds = round(FLUSH_SECONDS * 1000)
        work = asyncio.to_thread(provider.force_flush, milliseconds)
        try:
            await asyncio.wait_for(asyncio.shield(work), FLUSH_SECONDS)
        except TimeoutError:
            log.warning("the last traces of a call were not sent in %gs", FLUSH_SECONDS)


def opened(name: str, attributes: Mapping[str, Any]) -> Span:
    """Begin a span that somebody else ends."""
    return _State.tracer.start_span(name, attributes=_filled(attributes))


def within(span: Span) -> Any:
    """A `with` block whose spans stand below this one."""
    return trace.use_span(span, end_on_exit=False, record_exception=False)


@contextmanager
def spanned(name: str, attributes: Mapping[str, Any]) -> Iterator[Span]:
    """A span as long as a `with` block; what is raised in it is a failure, by its kind alone."""
    with within(span := opened(name, attributes)):
        try:
            yield span
        except BaseException as error:
            failed(span, type(error).__name__)
            raise
        finally:
            span.end()


@contextmanager
def conversation_span(attributes: Mapping[str, Any], ended: asyncio.Future[str]) -> Iterator[None]:
    """The span of a conversation: open while it begins, and on until its end.

    Args:
        attributes: what it says of the conversation.
        ended: done, with the reason, when the conversation is over.
    """
    span = opened("conversation", attributes)
    with within(span):
        try:
            yield
        except BaseException as error:
            failed(span, type(error).__name__)
            span.end()
            raise

    def over(_: object) -> None:
        reason = "abandoned" if ended.cancelled() else ended.result()
        span.set_attribute("lkrun.ended_by", reason)
        if reason == "error":
            failed(span, reason)
        span.end()

    ended.add_done_callback(over)


def failed(span: Span, kind: str) -> None:
    """Note that something has failed; `kind` is a word, and nothing that was said."""
    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)


def note_attempts(attempts: tuple[Attempt, ...]) -> None:
    """Note the requests that a tool has sent: the host, and no more of the address."""
    span = trace.get_current_span()
    if not span.is_recording():
        return
    for attempt in attempts:
        span.add_event(
            "http.request",
            _filled(
                {
                    "http.request.method": attempt.method,
                    "server.address": urlsplit(attempt.url).hostname,
                    "http.response.status_code": attempt.status,
                    "http.request.duration_ms": round(attempt.ms, 1),
                }
            ),
        )


def traceparent() -> str:
    """How the span of now is named to a service; nothing where there is none."""
    carrier: dict[str, str] = {}
    if trace.get_current_span().is_recording():
        TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


def _filled(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value not in (None, "")}


def _provider() -> TracerProvider:
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415 - only who wants traces pays
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above

    resource = Resource.create({"service.version": __version__})
    if resource.attributes.get(SERVICE_NAME, "").startswith("unknown_service"):  # type: ignore[union-attr]  # a text
        resource = resource.merge(Resource({SERVICE_NAME: "lkrun"}))
    return TracerProvider(resource=resource)
