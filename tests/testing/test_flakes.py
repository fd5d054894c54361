"""Tests that fail now and then."""

from __future__ import annotations

from runner.testing.outcome import TestResult
from runner.testing.report import row, summary


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
