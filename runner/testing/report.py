"""What came of tests, for people, for programs, and as JUnit XML."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from typing import Any

from runner.session.lines import line_of
from runner.testing.coverage import Coverage
from runner.testing.outcome import Failure, TestResult


def counted(results: Sequence[TestResult]) -> dict[str, int]:
    """How many passed, failed and were skipped."""
    return {
        outcome: sum(r.outcome == outcome for r in results)
        for outcome in ("passed", "failed", "skipped")
    }


def as_data(results: Sequence[TestResult], reach: Coverage | None = None) -> dict[str, Any]:
    """The document of `lkrun test --format json`."""
    data: dict[str, Any] = {**counted(results), "tests": [row(r) for r in _in_order(results)]}
    if reach is not None:
        data["coverage"] = {"percent": round(reach.percent, 1), "missed": dict(reach.missed)}
    return data


def row(result: TestResult) -> dict[str, Any]:
    """A test in that document."""
    data: dict[str, Any] = {
        "name": result.name,
        "agent": result.agent,
        "outcome": result.outcome,
        "duration_ms": round(result.seconds * 1000),
        "file": result.file,
        "line": result.line,
        "failures": [
            {"step": f.step, "line": f.line, "check": f.check, "message": f.message}
            for f in result.failures
        ],
    }
    if result.reason is not None:
        data["reason"] = result.reason
    if result.runs > 1:
        data |= {"runs": result.runs, "passes": result.passes}
        data["flake_rate"] = 1 - result.passes / result.runs if result.passes else 0.0
    if result.waits:
        p50, p95 = percentiles(result.waits)
        data["first_word_ms"] = {"p50": round(p50 * 1000), "p95": round(p95 * 1000)}
    return data


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """What half of the times are at most, and what 19 of 20 are."""
    in_order = sorted(seconds)

    def at(share: float) -> float:
        return in_order[max(0, math.ceil(share * len(in_order)) - 1)]

    return at(0.5), at(0.95)


def as_json(results: Sequence[TestResult], reach: Coverage | None = None) -> str:
    """The same as text."""
    return json.dumps(as_data(results, reach), ensure_ascii=False, indent=2)


def lines(result: TestResult) -> Iterator[str]:
    """A test for people: one line, and below it what failed, with the events of that turn."""
    place = f"{result.file}:{result.line}"
    runs = f" ({result.passes} of {result.runs} runs)" if result.runs > 1 else ""
    reason = f": {result.reason}" if result.reason else ""
    yield f"{result.outcome.upper():8}{result.name} ({place}){runs}{reason}"
    if result.waits:
        p50, p95 = percentiles(result.waits)
        yield f"  first words came after {p50:.2f} s (p50), {p95:.2f} s (p95)"
    shown: Sequence[Any] = ()
    for failure in result.failures:
        yield f"  {result.file}:{failure.line}: {_where(failure)}{failure.message}"
        if failure.events and failure.events is not shown and list(failure.events) != list(shown):
            shown = failure.events
            yield from (f"      {line}" for e in shown if (line := line_of(e)) is not None)


def _where(failure: Failure) -> str:
    step = f"step {failure.step}, " if failure.step else ""
    return f"{step}{failure.check}: "


def summary(results: Sequence[TestResult], seconds: float) -> str:
    """The last line: how many of each."""
    counts = ", ".join(f"{n} {outcome}" for outcome, n in counted(results).items() if n)
    flaky = [r for r in results if 0 < r.passes < r.runs]
    failed = sum(r.runs - r.passes for r in flaky)
    rate = 100 * failed / sum(r.runs for r in flaky) if flaky else 0
    message = f"; {len(flaky)} flaky: {failed} of their runs failed ({rate:.0f} %)" if flaky else ""
    return f"{counts or 'no tests'} in {seconds:.1f} s{message}"


def coverage_lines(reach: Coverage) -> Iterator[str]:
    """What no test reaches, for people."""
    yield f"coverage: {reach.percent:.0f} % of {reach.total} personas, handoffs, intents and tools"
    for kind, names in sorted(reach.missed.items()):
        for name in names:
            yield f"  no test reaches {kind} {name}"


def as_junit(results: Sequence[TestResult]) -> str:
    """JUnit XML, as CI systems read it."""
    counts = counted(results)
    suite = ET.Element(
        "testsuite",
        name="lkrun",
        tests=str(len(results)),
        failures=str(counts["failed"]),
        skipped=str(counts["skipped"]),
        time=f"{sum(r.seconds for r in results):.3f}",
    )
    for result in _in_order(results):
        case = ET.SubElement(
            suite,
            "testcase",
            classname=result.agent,
            name=result.name,
            file=result.file,
            line=str(result.line),
            time=f"{result.seconds:.3f}",
        )
        if result.outcome == "skipped":
            ET.SubElement(case, "skipped", message=_xml(result.reason or ""))
        for failure in result.failures:
            message = f"{result.file}:{failure.line}: {failure.message}"
            element = ET.SubElement(case, "failure", type=failure.check, message=_xml(message))
            element.text = _xml("\n".join(x for e in failure.events if (x := line_of(e))))
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _xml(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or ord(c) >= 0x20)  # noqa: PLR2004 - C0 controls


def _in_order(results: Sequence[TestResult]) -> list[TestResult]:
    return sorted(results, key=lambda r: (r.file, r.line))
