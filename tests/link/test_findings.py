"""Diagnostics from the view of agents."""

from __future__ import annotations

from runner.diagnostics import Diagnostic, Span
from runner.link.findings import Findings, joined

PLACE = Span("a.yaml", 3, 5, 3, 9)
WRONG = Diagnostic(PLACE, "E302", "unknown name 'x'")
TOOL = ("tools", "ask")


def finding(agent, *diagnostics, plain=()):
    findings = Findings()
    for diagnostic in diagnostics:
        findings.add_for(TOOL, diagnostic)
    for diagnostic in plain:
        findings.add(diagnostic)
    return agent, findings


def test_what_is_wrong_for_all_users_is_told_once():
    """The same diagnostic of every agent that uses a definition stands alone."""
    assert joined([finding("a", WRONG), finding("b", WRONG)], {TOOL: 2}) == [WRONG]


def test_what_is_wrong_for_some_users_names_them():
    """Where a definition is fine for other agents, those for which it is wrong are named."""
    several = [finding("c", WRONG), finding("b"), finding("a", WRONG, WRONG)]
    (findings,) = joined(several, {TOOL: 3})
    assert findings.message == "unknown name 'x' (for agent 'a', 'c')"


def test_what_is_wrong_by_itself_names_nobody():
    """A plain diagnostic of several agents is told once, without their names."""
    assert joined([finding("a", plain=[WRONG]), finding("b", plain=[WRONG])], {}) == [WRONG]


def test_warnings_are_no_errors():
    """Only an error, of either sort, keeps an agent out of the memory."""
    assert not finding("a", Diagnostic(PLACE, "W203", "x"))[1].has_errors
    assert finding("a", WRONG)[1].has_errors
    assert finding("a", plain=[WRONG])[1].has_errors
