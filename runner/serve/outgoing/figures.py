"""Calls that agents make, as figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from runner.serve.outgoing.calls import OutgoingCalls


class OutgoingFigures(Collector):
    """Counts them, by who answered and how they ended."""

    def __init__(self, calls: OutgoingCalls) -> None:
        self._calls = calls

    def collect(self) -> Iterator[Metric]:
        """Nothing where no agent has called anybody."""
        on = Counter((call.order.agent, call.state) for call in self._calls.all())
        if not on and not self._calls.ended:
            return
        running = GaugeMetricFamily(
            "lkrun_outgoing_calls_on",
            "Calls in progress that an agent makes, by how far they have come",
            labels=["agent", "state"],
        )
        for (agent, state), count in sorted(on.items()):
            running.add_metric([agent, state], count)
        ended = CounterMetricFamily(
            "lkrun_outgoing_calls",
            "Calls that an agent has made, by who answered and why they ended",
            labels=["agent", "answered_by", "reason"],
        )
        for (agent, by, reason), count in sorted(self._calls.ended.items()):
            ended.add_metric([agent, by, reason], count)
        yield from (running, ended)
