"""What sends spans by OTLP, and says in one line now and then that it cannot.

Imported only where the environment asks for traces: nobody else pays for OpenTelemetry's SDK.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from typing import Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

log = logging.getLogger("lkrun")

_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")

_TOLD_EVERY: Final = 60.0
"""Seconds between two lines of the log that say that nothing can be sent."""


class TraceSender(SpanExporter):
    """Sends by another exporter, which writes a traceback at each failure."""

    def __init__(self, exporter: SpanExporter) -> None:
        """Nothing has been told yet."""
        self._exporter, self._told = exporter, -_TOLD_EVERY
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # the tracebacks

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them; whatever the network does, calls go on."""
        try:
            result = self._exporter.export(spans)
        except Exception as error:  # noqa: BLE001 - as the docstring says
            self._tell(type(error).__name__)
            return SpanExportResult.FAILURE
        if result is not SpanExportResult.SUCCESS:
            self._tell("the collector does not take them")
        return result

    def _tell(self, why: str) -> None:
        if time.monotonic() - self._told >= _TOLD_EVERY:
            self._told = time.monotonic()
            log.warning("traces cannot be sent: %s", why)

    def shutdown(self) -> None:
        """Send no more."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what waits; whether it was sent in time."""
        return self._exporter.force_flush(timeout_millis)


def by_environment() -> TraceSender:
    """One that speaks the protocol that OpenTelemetry's variables name; HTTP without them.

    Raises:
        ValueError: there is no such protocol.
    """
    named = filter(None, (os.environ.get(name, "").strip() for name in _PROTOCOLS))
    protocol = next(named, "http/protobuf")
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (  # noqa: PLC0415 - the one that is wanted
            OTLPSpanExporter as ByGrpc,
        )

        return TraceSender(ByGrpc())
    if protocol == "http/protobuf":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - the one that is wanted
            OTLPSpanExporter as ByHttp,
        )

        return TraceSender(ByHttp())
    raise ValueError(f"{_PROTOCOLS[1]} is '{protocol}'; write grpc or http/protobuf")
