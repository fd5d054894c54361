"""The jobs of external agents as figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from runner.serve.external.jobs import ExternalJobs

_STATES = ("closed", "half_open", "open")


class ExternalFigures(Collector):
    """Counts them, and how the programs are."""

    def __init__(self, jobs: ExternalJobs, names: Callable[[], list[str]]) -> None:
        self._jobs, self._names = jobs, names

    def collect(self) -> Iterator[Metric]:
        """Nothing where there is no external agent."""
        names, jobs = self._names(), self._jobs
        if not names and not jobs.counts:
            return
        ended = CounterMetricFamily(
            "lkrun_external_jobs",
            "Jobs of external agents that have ended, by how; besides: fallback, apology, and left "
            "(of those that failed: its program left while the caller was there)",
            labels=["agent", "result"],
        )
        for (agent, result), count in sorted(jobs.counts.items()):
            ended.add_metric([agent, result], count)
        yield ended
        on = Counter(job.agent for job in jobs.all() if not job.over)
        running = GaugeMetricFamily(
            "lkrun_external_jobs_on", "Jobs of external agents in progress", labels=["agent"]
        )
        up = GaugeMetricFamily(
            "lkrun_external_up",
            "Whether an external agent is asked: it is healthy, and has not said that it is gone",
            labels=["agent"],
        )
        breaker = GaugeMetricFamily(
            "lkrun_external_breaker_state",
            "Whether an external agent's breaker is in this state: 1 in one of the three, else 0",
            labels=["agent", "state"],
        )
        for name in names:
            running.add_metric([name], on[name])
            up.add_metric([name], jobs.unavailable(name) is None)
            for state in _STATES:
                breaker.add_metric([name, state], jobs.breaker(name).state == state)
        yield from (running, up, breaker)
