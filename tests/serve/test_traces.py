"""Traces of a runner's calls, as a collector gets them."""

from __future__ import annotations

import asyncio

import pytest
from support.collector import collecting
from support.waiting import until

pytestmark = pytest.mark.usefixtures("socket")


@pytest.fixture
def collector(monkeypatch):
    """A collector that this runner's processes are told of."""
    with collecting() as made:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        yield made


async def test_a_dialogue_arrives_at_the_collector(collector, texts, service):
    """The conversation, its tool below it, and at the service the trace of the tool."""
    turn = await texts.turn("desk", "look", None, None, None)
    await texts.turn("desk", "bye", turn.session_id, None, None)
    whole = await asyncio.to_thread(collector.waits_for, "conversation")
    tool = await asyncio.to_thread(collector.waits_for, "tool look")
    about = {each.key: each.value.string_value for each in whole.attributes}
    assert about["lkrun.agent"] == "desk"
    assert about["lkrun.session.id"] == turn.session_id
    assert tool.trace_id == whole.trace_id
    assert service.traces == [f"00-{tool.trace_id.hex()}-{tool.span_id.hex()}-03"]
    assert collector.resources[0]["service.name"] == "lkrun"


async def test_a_collector_that_is_away_costs_no_answer(monkeypatch, texts, caplog):
    """The turn is answered, and the log has a line without a traceback."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    turn = await texts.turn("desk", "look", None, None, None)
    assert turn.text == "Looked."
    await texts.turn("desk", "bye", turn.session_id, None, None)
    await until(lambda: "traces cannot be sent" in caplog.text)
    assert "Traceback" not in caplog.text
