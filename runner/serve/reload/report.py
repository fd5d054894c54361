"""What a person and a program are told of an attempt to reload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from runner.diagnostics import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.diff import Change
    from runner.serve.reload.gate import GateReport
    from runner.serve.reload.reloader import ReloadResult

_SHOWN: Final = 5
"""Changes that one line tells; `lkrun releases` and the JSON log have them all."""


def words(outcome: ReloadResult) -> str:
    """One line, and below it every diagnostic of files that are not served."""
    release = outcome.release
    if outcome.error is not None:
        return f"this is a bug in lkrun ({outcome.error}); still serving release {release}"
    if outcome.rolled:
        return _rolled(outcome)
    if outcome.result == "ok":
        passed = tests_line(outcome.tests) if outcome.tests is not None else ""
        message = f"reloaded: now serving release {release}: {sentences(outcome.changes)}"
        return f"{message}; {passed}" if passed else message
    if outcome.result == "unchanged":
        what = "the secrets" if outcome.same_files else "the files"
        return f"{what} were read again, nothing changes for callers; still serving {release}"
    rendered = render.text(outcome.diagnostics, outcome.lines)
    more = render.more(outcome.diagnostics) or ""
    kept = f"the new files are not served; still serving release {release}"
    report = "\n".join(outcome.tests.lines) if outcome.tests is not None else ""
    return "\n".join(part for part in (kept, rendered, report, more) if part).rstrip()


def tests_line(tests: GateReport) -> str:
    """How many tests passed and were skipped; empty where none was run."""
    counts = ((tests.count(each), each) for each in ("passed", "failed", "skipped"))
    shown = ", ".join(f"{number} {each}" for number, each in counts if number)
    return f"tests: {shown}" if shown else ""


def _rolled(outcome: ReloadResult) -> str:
    release = outcome.release
    if outcome.result == "ok":
        until = "until the files change"
        return f"went back to release {release}, {until}: {sentences(outcome.changes)}"
    if outcome.result == "unchanged":
        return f"release {release} is served already"
    reasons = "; ".join(d.message for d in outcome.diagnostics)
    return f"that release cannot be served: {reasons}; still serving release {release}"


def sentences(changes: Sequence[Change]) -> str:
    """What callers notice, on one line."""
    changed = list(dict.fromkeys(render.printable(change.sentence) for change in changes))
    if not changed:
        return "nothing changes for callers"
    more = len(changed) - _SHOWN
    shown = changed[:_SHOWN] + ([f"and {more} more"] if more > 0 else [])
    return "; ".join(shown)


def fields(outcome: ReloadResult) -> dict[str, Any]:
    """The same for programs: the fields of the event `reload`, as `cli.md` has it."""
    return {
        "result": outcome.result,
        "release": outcome.release,
        "took_ms": outcome.took_ms,
        "compile_ms": outcome.compile_ms,
        "changes": [change.sentence for change in outcome.changes],
        "diagnostics": [render.diagnostic_data(d) for d in outcome.diagnostics],
        **({"tests": outcome.tests.to_data()} if outcome.tests is not None else {}),
        **({"error": outcome.error} if outcome.error is not None else {}),
    }


def level(outcome: ReloadResult) -> str:
    """How grave it is."""
    return "error" if outcome.result == "rejected" else "info"
