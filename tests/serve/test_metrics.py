"""What Prometheus reads."""

from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from runner.egress.mcp.servers import ServerFigures
from runner.egress.port import ToolRequest
from runner.serve.metrics import Metrics
from runner.serve.reload.reloader import ReloadResult
from runner.serve.socket.messages import Ask, Reported


@pytest.fixture
def metrics(releases, calls):
    """Of a runner that has just begun."""
    return Metrics(releases, calls)


def values(metrics):
    """Name and labels → value, as Prometheus' own parser reads them."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.text())
        for sample in family.samples
    }


def test_attempts_are_counted_by_result(metrics):
    """A rejected one leaves the time of the last good one as it was."""
    begun = values(metrics)
    assert begun["lkrun_config_last_reload_successful",] == 1
    assert begun["lkrun_config_reloads_total", "ok"] == 0
    since = begun["lkrun_config_last_reload_success_timestamp_seconds",]
    metrics.reloaded(ReloadResult("rejected", "r", took_ms=40.0))
    now = values(metrics)
    assert now["lkrun_config_last_reload_successful",] == 0
    assert now["lkrun_config_last_reload_success_timestamp_seconds",] == since
    metrics.reloaded(ReloadResult("ok", "r", took_ms=400.0))
    now = values(metrics)
    assert now["lkrun_config_last_reload_successful",] == 1
    assert now["lkrun_config_last_reload_success_timestamp_seconds",] > since
    assert [now["lkrun_config_reloads_total", r] for r in ("ok", "rejected", "unchanged")] == [
        1,
        1,
        0,
    ]
    assert now["lkrun_config_reload_duration_seconds_sum",] == pytest.approx(0.44)
    assert now["lkrun_config_reload_duration_seconds_bucket", "0.05"] == 1


def test_servers_are_told_by_name_and_result(releases, calls):
    """Whether a server answered last, and how often its tools succeeded and failed."""
    known = {"shop": ServerFigures(ok=3, failed=1), "lost": ServerFigures(up=False, failed=2)}
    now = values(Metrics(releases, calls, servers=lambda: known))
    assert (now["lkrun_mcp_server_up", "shop"], now["lkrun_mcp_server_up", "lost"]) == (1, 0)
    assert now["lkrun_mcp_calls_total", "ok", "shop"] == 3
    assert now["lkrun_mcp_calls_total", "failed", "lost"] == 2


def test_sessions_are_told_by_release(metrics, calls, releases, changed, release):
    """An old release that calls still use can be seen, and what has ended is counted."""
    old = calls.begin("a", "desk", "call")
    calls.answer(old)
    new = changed("Welcome", "Good day")
    releases.swap(new)
    calls.begin("b", "desk", "text")
    now = values(metrics)
    assert now["lkrun_sessions", *sorted((release.id, "desk", "call"))] == 1
    assert now["lkrun_sessions", *sorted((new.id, "desk", "text"))] == 1
    calls.end("a", "end_call")
    calls.end("b", "refused")
    now = values(metrics)
    assert ("lkrun_sessions", *sorted((release.id, "desk", "call"))) not in now
    ended = {key: v for key, v in now.items() if key[0] == "lkrun_sessions_ended_total"}
    assert ended == {("lkrun_sessions_ended_total", *sorted(("desk", "call", "end_call"))): 1}


def test_what_happens_is_counted(metrics, calls):
    """Turns by agent and kind, tools by their result, handoffs by where they go."""
    call = calls.begin("a", "desk", "text")
    for event in (
        {"type": "message", "role": "agent", "text": "Welcome."},
        {"type": "message", "role": "user", "text": "hello"},
        {"type": "tool_call", "name": "book"},
        {"type": "tool_result", "name": "book", "error": False},
        {"type": "tool_result", "name": "book", "error": True},
        {"type": "tool_result", "name": "book", "error": True},
        {"type": "handoff", "from": "host", "to": "billing"},
        {"type": "something_later"},
    ):
        calls.take(call, {"turn": 1, **event})
    now = values(metrics)
    assert now["lkrun_turns_total", "desk", "text"] == 1
    assert now["lkrun_tool_calls_total", *sorted(("desk", "book", "ok"))] == 1
    assert now["lkrun_tool_calls_total", *sorted(("desk", "book", "failed"))] == 2
    assert now["lkrun_handoffs_total", *sorted(("desk", "billing"))] == 1
    assert [e["turn"] for e in call.events] == [1] * 8


SERVICES = """
services:
  crm:
    url: http://127.0.0.1:1/
    breaker:
      failures: 2
  diary:
    url: http://127.0.0.1:1/diary
  plain:
    url: http://127.0.0.1:1/plain
    breaker: no
tools:
"""
TOOL = """
  ask_{name}:
    description: Ask.
    http:
      service: {name}
      url: /a
      retries: 0
"""


async def test_a_service_that_is_left_alone_is_told(releases, calls, tools, folder, changed):
    """The breakers of the served release's services, by name and state; of no others."""
    names = ("crm", "diary", "plain")
    tools_of = "".join(TOOL.format(name=name) for name in names)
    (folder / "services.yaml").write_text(SERVICES + tools_of)
    listed = "".join(f"\n      - ask_{name}" for name in names)
    release = changed("      - remember", f"      - remember{listed}")
    releases.swap(release)
    metrics = Metrics(releases, calls, tools.breakers)

    def state():
        states = ("closed", "half_open", "open")
        return {
            name: [
                values(metrics).get(("lkrun_service_breaker_state", *sorted((name, s))))
                for s in states
            ]
            for name in names
        }

    assert state() == {"crm": [1, 0, 0], "diary": [1, 0, 0], "plain": [None] * 3}
    call, answers = calls.begin("a", "desk", "call"), []
    peer = SimpleNamespace(send=answers.append)
    for name in ("crm", "crm", "diary", "plain"):
        await tools.answer(peer, Ask("a", 1, ToolRequest(f"ask_{name}", {}, {})), call)
    assert [answer.answer.ok for answer in answers] == [False] * 4
    assert state() == {"crm": [0, 0, 1], "diary": [1, 0, 0], "plain": [None] * 3}
    await tools.aclose()


def reported(**more):
    """What a call says when it is over."""
    latency = [{"turn": 1, "ms": {"llm": 420, "turn": 900}}, {"turn": 2, "ms": {"llm": 80}}]
    usage = {"input_tokens": 120, "output_tokens": 30}
    return Reported("a", {"ended_by": "end_call", "latency": latency, "usage": usage, **more})


def test_what_calls_took_is_told_by_part(metrics, calls):
    """Each answer by its parts and all tokens count once, from the first report of the end."""
    call = calls.begin("a", "desk", "call")
    metrics.measures.take(call, reported(ended_by=""))
    metrics.measures.take(call, reported())
    metrics.measures.take(call, reported(final=True))
    calls.end("a", "end_call")
    metrics.measures.take(None, reported())
    now = values(metrics)
    assert now["lkrun_latency_seconds_count", "desk", "llm"] == 2
    assert now["lkrun_latency_seconds_sum", "desk", "llm"] == pytest.approx(0.5)
    assert now["lkrun_latency_seconds_bucket", "0.1", "desk", "llm"] == 1
    assert now["lkrun_latency_seconds_count", "desk", "turn"] == 1
    assert now["lkrun_tokens_total", "desk", "input"] == 120
    assert now["lkrun_tokens_total", "desk", "output"] == 30


def test_what_failed_is_told_by_part(metrics, calls):
    """A model that is down and a voice that is are two things."""
    call = calls.begin("a", "desk", "call")
    for part in ("llm", "llm", "tts"):
        calls.failed(call, "gone", part)
    now = values(metrics)
    assert now["lkrun_failures_total", "desk", "llm"] == 2
    assert now["lkrun_failures_total", "desk", "tts"] == 1
