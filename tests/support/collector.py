"""A collector of traces: takes OTLP by HTTP, as OpenTelemetry's own protocol files have it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Collector(ThreadingHTTPServer):
    """Takes spans.

    Attributes:
        spans: all that came, as the protocol's own objects.
        resources: what they are said to be of.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Takes)
        self.spans, self.resources = [], []
        self._news = threading.Condition()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def take(self, body):
        request = ExportTraceServiceRequest.FromString(body)
        with self._news:
            for part in request.resource_spans:
                self.resources.append(
                    {a.key: a.value.string_value for a in part.resource.attributes}
                )
                self.spans += [span for scope in part.scope_spans for span in scope.spans]
            self._news.notify_all()

    def waits_for(self, name, within=20):
        """The first span of a name."""

        def found():
            return [span for span in self.spans if span.name == name]

        with self._news:
            assert self._news.wait_for(found, within), [span.name for span in self.spans]
            return found()[0]


class _Takes(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/x-protobuf"
        self.server.take(body)
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@contextmanager
def collecting():
    """Run one."""
    with Collector() as collector:
        thread = threading.Thread(target=collector.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            collector.shutdown()
            thread.join()
