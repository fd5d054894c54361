"""Campaigns as figures: what this runner has seen, by campaign and outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from runner.serve.campaigns.engine import CampaignEngine


class CampaignFigures(Collector):
    """Counts attempts; the labels are names of the files and the few outcomes."""

    def __init__(self, engine: CampaignEngine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        """Nothing where no campaign has called anybody."""
        on = Counter(campaign for campaign, _ in self._engine.on)
        if not on and not self._engine.ended:
            return
        running = GaugeMetricFamily(
            "lkrun_campaign_calls_on",
            "Calls of a campaign that this runner makes now",
            labels=["campaign"],
        )
        ended = CounterMetricFamily(
            "lkrun_campaign_attempts",
            "Attempts of a campaign that this runner has seen end, by outcome",
            labels=["campaign", "outcome"],
        )
        for campaign in sorted({*on, *(name for name, _ in self._engine.ended)}):
            running.add_metric([campaign], on[campaign])
        for (campaign, outcome), count in sorted(self._engine.ended.items()):
            ended.add_metric([campaign, outcome], count)
        yield from (running, ended)
