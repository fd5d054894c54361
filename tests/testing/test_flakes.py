"""Tests that fail now and then."""

from __future__ import annotations

from types import SimpleNamespace

from runner.testing.offline import left_out
from runner.testing.outcome import TestResult
from runner.testing.report import lines, row, summary


def result(passes, runs, outcome="passed"):
    """A test that was run so often."""
    return TestResult("one", "desk", "tests.yaml", 3, outcome, 0.1, (), None, runs, passes)


def test_the_flake_rate_is_told():
    """What passes sometimes is counted; what always fails is not flaky but wrong."""
    results = [result(9, 10, "failed"), result(10, 10), result(0, 10, "failed")]
    assert summary(results, 1.0).endswith("; 1 flaky: 1 of their runs failed (10 %)")
    assert [round(row(r)["flake_rate"], 2) for r in results] == [0.1, 0.0, 0.0]
    assert "flaky" not in summary([result(1, 1)], 1.0)
    assert "flake_rate" not in row(result(1, 1))


def test_how_long_first_words_took_is_told_over_all_runs():
    """p50 is what half of the waits are at most, p95 what 19 of 20 are."""
    waits = tuple(n / 100 for n in range(100, 0, -1))
    result = TestResult("a", "desk", "t.yaml", 3, "passed", 1.0, runs=5, passes=5, waits=waits)
    assert row(result)["first_word_ms"] == {"p50": 500, "p95": 950}
    assert list(lines(result))[1] == "  first words came after 0.50 s (p50), 0.95 s (p95)"


def test_what_is_spoken_is_left_to_the_command():
    """A test aloud takes its time, so it does not keep a reload waiting, and says why."""
    reason = left_out(SimpleNamespace(aloud=True), None)
    assert reason == "mode: audio takes the time that speech takes; lkrun test runs it"
