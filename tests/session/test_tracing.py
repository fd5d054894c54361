"""Traces: what stands in them, how it hangs together, and what is never in them."""

from __future__ import annotations

import logging

import pytest
from livekit.agents import telemetry
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from runner.egress.port import Attempt, ToolResponse
from runner.session import CallFacts, tracing
from runner.session.conversation import CannotStartError

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    tools:
      - find_invoice
      - end_call
personas:
  host:
    instructions: You look after the guests.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_matches: invoice (?P<number>\\d+)
          call:
            find_invoice:
              number: "{number}"
        - when_caller_says: goodbye
          call: end_call
        - when_tool_answered: find_invoice
          say: It is Miss Peartree who owes 90.
      otherwise: Pardon?
tools:
  find_invoice:
    description: Find an invoice.
    parameters:
      number:
        type: text
    http:
      url: https://hotel.example/invoices/{{ args.number }}
"""


class Traced:
    """The spans of a test, as they were sent."""

    def __init__(self, exporter):
        self._exporter = exporter

    async def all(self):
        await tracing.flush()
        return self._exporter.get_finished_spans()

    async def named(self, name):
        (span,) = [span for span in await self.all() if span.name == name]
        return span

    async def above(self, span):
        """The names of the spans above one, the nearest first."""
        by_id = {each.context.span_id: each for each in await self.all()}
        names = []
        while span.parent is not None and span.parent.span_id in by_id:
            span = by_id[span.parent.span_id]
            names.append(span.name)
        return names


@pytest.fixture
def traced(monkeypatch):
    """All that is traced while a test runs."""
    monkeypatch.setattr(tracing._State, "provider", None)
    monkeypatch.setattr(tracing._State, "tracer", trace.NoOpTracer())
    exporter = InMemorySpanExporter()
    tracing.use(TracerProvider(), exporter)
    yield Traced(exporter)
    telemetry.set_tracer_provider(trace.NoOpTracerProvider())


PAID = ToolResponse(
    ok=True,
    output="Miss Peartree owes 90",
    attempts=(
        Attempt("GET", "https://hotel.example/invoices/118?key=pear", 503, None, 20.0),
        Attempt("GET", "https://hotel.example/invoices/118?key=pear", 200, None, 12.5),
    ),
)


async def test_a_conversation_is_one_trace(begin, traced):
    """All spans of LiveKit and of lkrun stand below the one of the conversation."""
    talk = await begin(FOLDER, PAID, facts=CallFacts(id="text_1"))
    await talk.say("invoice 118")
    await talk.conversation.end("caller_left")
    whole = await traced.named("conversation")
    assert {s.context.trace_id for s in await traced.all()} == {whole.context.trace_id}
    assert whole.parent is None
    assert whole.attributes["lkrun.agent"] == "desk"
    assert whole.attributes["lkrun.session.id"] == "text_1"
    assert whole.attributes["lkrun.ended_by"] == "caller_left"
    assert "agent_session" in {span.name for span in await traced.all()}


async def test_a_tool_has_a_span_with_its_requests(begin, traced):
    """Its kind, its persona, and each request by method, host and status alone."""
    talk = await begin(FOLDER, PAID)
    await talk.say("invoice 118")
    await talk.conversation.end("caller_left")
    span = await traced.named("tool find_invoice")
    assert span.attributes["lkrun.tool.kind"] == "http"
    assert span.attributes["lkrun.persona"] == "host"
    assert [dict(event.attributes) for event in span.events] == [
        {
            "http.request.method": "GET",
            "server.address": "hotel.example",
            "http.response.status_code": status,
            "http.request.duration_ms": ms,
        }
        for status, ms in ((503, 20.0), (200, 12.5))
    ]
    assert (await traced.above(span))[-1] == "conversation"
    assert "function_tool" in await traced.above(span)


async def test_the_service_is_told_which_trace_it_is(begin, traced):
    """The request carries the id of the tool's own span, as W3C's Trace Context has it."""
    talk = await begin(FOLDER, PAID)
    await talk.say("invoice 118")
    await talk.conversation.end("caller_left")
    span = await traced.named("tool find_invoice")
    version, trace_id, span_id, flags = talk.service.asked[0].trace.split("-")
    assert version == "00"
    assert int(flags, 16) & 1  # it is sampled
    assert int(trace_id, 16) == span.context.trace_id
    assert int(span_id, 16) == span.context.span_id


async def test_a_tool_that_fails_is_a_failed_span(begin, traced):
    """The span says so by a word; why stands in the log."""
    answer = ToolResponse(ok=False, output="the vault is shut", error="the vault is shut")
    talk = await begin(FOLDER, answer)
    await talk.say("invoice 118")
    await talk.conversation.end("caller_left")
    span = await traced.named("tool find_invoice")
    assert not span.status.is_ok
    assert span.attributes["error.type"] == "tool_failed"


async def test_nothing_that_was_said_is_in_a_trace(begin, traced):
    """Neither words, arguments, answers, nor instructions stand in any span."""
    talk = await begin(FOLDER, PAID)
    await talk.say("it is about invoice 118 of the Plumtree family")
    await talk.conversation.end("caller_left")
    sent = " ".join(span.to_json() for span in await traced.all())
    assert "tool find_invoice" in sent
    for word in ("Plumtree", "Peartree", "pear", "guests", "invoices/118"):
        assert word not in sent


async def test_a_conversation_that_cannot_begin_is_a_failed_span(begin, traced):
    """It ends at once, and says by its kind why."""
    with pytest.raises(CannotStartError):
        await begin(FOLDER, facts=CallFacts(variables={"nobody": "knows"}))
    with pytest.raises(CannotStartError):
        await begin(FOLDER.replace("llm: brain", "llm: gone/none"))
    span = await traced.named("conversation")
    assert span.attributes["error.type"] == "CannotStartError"


async def test_without_a_wish_nothing_is_traced(begin):
    """No span is made, and no service is told of any."""
    talk = await begin(FOLDER, PAID)
    await talk.say("invoice 118")
    assert talk.service.asked[0].trace == ""


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://h"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://h"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
    ],
)
def test_opentelemetrys_own_variables_say_whether(environ, wanted):
    """An address, or the exporter by its name; `none` and the kill switch win."""
    assert tracing.wanted(environ) is wanted


def test_a_wrong_protocol_is_told_and_calls_go_on(monkeypatch, caplog):
    """One line says what to write; nothing is traced."""
    monkeypatch.setattr(tracing._State, "provider", None)
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "carrier-pigeon")
    with caplog.at_level(logging.WARNING):
        tracing.begin()
    assert "write grpc or http/protobuf" in caplog.text
    assert tracing._State.provider is None
