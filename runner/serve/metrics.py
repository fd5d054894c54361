"""What Prometheus reads of a runner; the names follow Prometheus's own for configurations.

Source: https://prometheus.io/docs/practices/naming/, and Prometheus's `prometheus_config_*`.
"""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from runner import __version__
from runner.egress.policy.breaker import State
from runner.serve.measures import Measures

if TYPE_CHECKING:
    from runner.egress.mcp.servers import ServerFigures
    from runner.serve.releases.served import Releases
    from runner.serve.reload.reloader import ReloadResult
    from runner.serve.sessions.admission import Admission
    from runner.serve.sessions.calls import CallInfo, Calls


disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has it so

_STATES: Final[tuple[State, ...]] = ("closed", "half_open", "open")
"""From the best to the worst."""

Breaker = tuple[str, State]
"""A service, and the state of its breaker."""

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Counts reloads and sessions of one runner.

    Attributes:
        measures: what calls took, of which their processes tell.

    Args:
        releases: what is served.
        calls: what is on.
        breakers: tells each service that was asked and has a breaker, and the state of that.
        servers: tells each MCP server that was asked, and what is known of it.
        records: tells how records fare: `up`, `waiting`, `refused`, `stored`, `lost`, `silent`.
    """

    def __init__(
        self,
        releases: Releases,
        calls: Calls,
        breakers: Callable[[], Iterable[Breaker]] = tuple,
        servers: Callable[[], Mapping[str, ServerFigures]] = dict,
        records: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        """Begin with a configuration that has just been loaded."""
        self._registry = registry = CollectorRegistry()
        self._reloads = _Reloads(registry)
        self._ended = Counter(
            "lkrun_sessions_ended",
            "Calls and dialogues that have ended",
            ["agent", "kind", "reason"],
            registry=registry,
        )
        happened = _Happened(registry)
        calls.on_event.append(happened.take)
        self._deliveries = Counter(
            "lkrun_deliveries",
            "What was sent after calls, by kind and by what came of the attempt",
            ["kind", "result"],
            registry=registry,
        )
        registry.register(_Now(releases, calls, breakers))
        registry.register(_Servers(servers))
        registry.register(_Records(records))
        ProcessCollector(registry=registry)
        self.measures = Measures(registry)
        calls.on_failure.append(self.measures.failed)
        calls.on_end.append(self.measures.ended)
        calls.on_end.append(self._over)

    def tell_room(self, admission: Admission) -> None:
        """Tell from now on how many calls there is room for."""
        self._registry.register(_Room(admission))

    def add(self, collector: Collector) -> None:
        """Tell further figures from now on."""
        self._registry.register(collector)

    def served(self, *, good: bool) -> None:
        """Note whether the files on the disk are what is served."""
        self._reloads.served(good=good)

    def reloaded(self, outcome: ReloadResult) -> None:
        """Count an attempt."""
        self._reloads.count(outcome)

    def delivered(self, kind: str, result: str) -> None:
        """Count an attempt to send something: `sent`, `failed` or `given_up`."""
        self._deliveries.labels(kind, result).inc()

    def text(self) -> str:
        """All of them as Prometheus reads them."""
        return generate_latest(self._registry).decode()

    def _over(self, call: CallInfo) -> None:
        if call.answered:
            self._ended.labels(call.agent, call.kind, call.reason or "shutdown").inc()


class _Reloads:
    """What became of the configuration, by Prometheus's own names of its own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._good = Gauge(
            "lkrun_config_last_reload_successful",
            "Whether the last reload of the configuration was served (or changed nothing)",
            registry=registry,
        )
        self._good_since = Gauge(
            "lkrun_config_last_reload_success_timestamp_seconds",
            "When the configuration was last loaded without a mistake",
            registry=registry,
        )
        self._results = Counter(
            "lkrun_config_reloads",
            "Attempts to reload, by result",
            ["result"],
            registry=registry,
        )
        for result in ("ok", "rejected", "unchanged"):
            self._results.labels(result)
        self._took = Histogram(
            "lkrun_config_reload_duration_seconds",
            "How long an attempt to reload took",
            buckets=_SECONDS,
            registry=registry,
        )
        self.served(good=True)

    def served(self, *, good: bool) -> None:
        """Note whether the files on the disk are what is served."""
        self._good.set(good)
        if good:
            self._good_since.set_to_current_time()

    def count(self, outcome: ReloadResult) -> None:
        """Count an attempt."""
        self._results.labels(outcome.result).inc()
        self._took.observe(outcome.took_ms / 1000)
        self.served(good=outcome.result != "rejected")


class _Room(Collector):
    """How many calls this runner takes, and how many there is still room for."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    def collect(self) -> Iterator[Metric]:
        """Nothing where there is no limit (`runner.capacity.max_calls`)."""
        most = self._admission.most_calls
        if most is None:
            return
        yield GaugeMetricFamily("lkrun_calls_max", "Calls that may be on at once", value=most)
        yield GaugeMetricFamily(
            "lkrun_calls_free",
            "Calls that there is still room for",
            value=max(0, most - self._admission.calls),
        )


class _Happened:
    """What happens in calls and dialogues, counted."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._turns = Counter(
            "lkrun_turns",
            "What callers have said and written",
            ["agent", "kind"],
            registry=registry,
        )
        self._tools = Counter(
            "lkrun_tool_calls",
            "Tools that have answered, by result: ok or failed",
            ["agent", "tool", "result"],
            registry=registry,
        )
        self._handoffs = Counter(
            "lkrun_handoffs",
            "Calls that have gone from one persona to another",
            ["agent", "to"],
            registry=registry,
        )

    def take(self, call: CallInfo, event: dict[str, Any]) -> None:
        """Count an event."""
        match event:
            case {"type": "message", "role": "user"}:
                self._turns.labels(call.agent, call.kind).inc()
            case {"type": "tool_result", "name": str(name), "error": bool(error)}:
                self._tools.labels(call.agent, name, "failed" if error else "ok").inc()
            case {"type": "handoff", "to": str(target)}:
                self._handoffs.labels(call.agent, target).inc()


class _Servers(Collector):
    """The MCP servers that were asked."""

    def __init__(self, servers: Callable[[], Mapping[str, ServerFigures]]) -> None:
        self._servers = servers

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily(
            "lkrun_mcp_server_up",
            "Whether an MCP server answered when it was asked last",
            labels=["server"],
        )
        calls = CounterMetricFamily(
            "lkrun_mcp_calls",
            "Calls of the tools of an MCP server, by result: ok or failed",
            labels=["server", "result"],
        )
        for name, known in sorted(self._servers().items()):
            up.add_metric([name], known.up)
            calls.add_metric([name, "ok"], known.ok)
            calls.add_metric([name, "failed"], known.failed)
        yield up
        yield calls


class _Records(Collector):
    """What happened in calls, on its way to the database."""

    def __init__(self, records: Callable[[], Mapping[str, float]]) -> None:
        self._records = records

    def collect(self) -> Iterator[Metric]:
        known = self._records()
        if not known:
            return
        yield GaugeMetricFamily(
            "lkrun_records_database_up",
            "Whether the database took the last records",
            known["up"],
        )
        waiting = GaugeMetricFamily(
            "lkrun_records_waiting",
            "Sessions that have ended and wait on the disk, or that the database refused",
            labels=["state"],
        )
        for state in ("waiting", "refused"):
            waiting.add_metric([state], known[state])
        yield waiting
        yield CounterMetricFamily(
            "lkrun_records_stored", "Records that the database has taken", known["stored"]
        )
        yield CounterMetricFamily(
            "lkrun_records_lost",
            "Notes for which there was no room on the disk, so that they are in no record",
            known["lost"],
        )
        yield CounterMetricFamily(
            "lkrun_records_silent",
            "Calls whose sound was to be kept, and could not be written",
            known["silent"],
        )


class _Now(Collector):
    """What is read off the runner at the moment of the question."""

    def __init__(
        self, releases: Releases, calls: Calls, breakers: Callable[[], Iterable[Breaker]]
    ) -> None:
        self._releases, self._calls, self._breakers = releases, calls, breakers

    def collect(self) -> Iterator[Metric]:
        about = GaugeMetricFamily(
            "lkrun_release_info", "The served release", labels=["release", "version"]
        )
        about.add_metric([self._releases.current.id, __version__], 1)
        yield about
        on = GaugeMetricFamily(
            "lkrun_sessions",
            "Calls and dialogues in progress, by the release that they use",
            labels=["release", "agent", "kind"],
        )
        counts = Counts((c.release, c.agent, c.kind) for c in self._calls.all())
        for name in self._releases.current.agents:
            for kind in ("call", "text"):
                counts.setdefault((self._releases.current.id, name, kind), 0)
        for labels, count in sorted(counts.items()):
            on.add_metric(labels, count)
        yield on
        yield self._services()

    def _services(self) -> Metric:
        """The breakers of the served release's services; of several of one name, the worst."""
        agents = self._releases.current.agents.values()
        states: dict[str, State] = {
            name: "closed"
            for a in agents
            for name, service in a.services.items()
            if service.breaker
        }
        for name, state in self._breakers():
            if name in states:
                states[name] = max(states[name], state, key=_STATES.index)
        family = GaugeMetricFamily(
            "lkrun_service_breaker_state",
            "Whether a service's breaker is in this state: 1 in one of the three, else 0",
            labels=["service", "state"],
        )
        for name, actual in sorted(states.items()):
            for state in _STATES:
                family.add_metric([name, state], state == actual)
        return family
