"""What of a call's report is kept in its record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from runner.egress.report import CallReport

if TYPE_CHECKING:
    from runner.link.release import AgentRelease


def of_report(data: dict[str, Any], agent: AgentRelease | None) -> dict[str, Any] | None:
    """The parts that a record has; None where it is no report."""
    try:
        report = CallReport.from_data(data)
    except (ValidationError, TypeError, KeyError, ValueError):
        return None
    declared = agent.variables if agent is not None else {}
    return {
        "session": report.session,
        "caller": _filled(report.values.get("caller")),
        "variables": {n: v for n, v in report.values.items() if n in declared},
        "summary": report.summary,
        "extract": report.extract,
        "verdicts": report.verdicts,
        "reasons": report.reasons,
        "usage": report.usage,
        "latency": list(report.latency),
        "who": report.who,
        "remembered": report.remembered,
        "remember_for": report.remember_for,
        "remember_summary": report.remember_summary,
    }


def _filled(caller: Any) -> dict[str, Any]:
    """What is known of a caller."""
    known = caller if isinstance(caller, dict) else {}
    return {name: value for name, value in known.items() if value}
