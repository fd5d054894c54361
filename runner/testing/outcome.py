"""What came of tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that failed.

    Attributes:
        step: its place in `steps`, from 1; 0 where it belongs to no step.
        line: of the check in its file.
        check: its key, such as `says`.
        events: what happened in the turn that it looked at.
    """

    step: int
    line: int
    check: str
    message: str
    events: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class TestResult:
    """What came of a test, over all its runs.

    Attributes:
        passes: how many of the `runs` passed.
        failures: those of the first run that failed.
        reason: why it was skipped.
        reached: what its talks came past, for coverage.
        events: of its last run.
        waits: of a test aloud, the seconds that callers waited for each first word, in all runs.
    """

    __test__ = False

    name: str
    agent: str
    file: str
    line: int
    outcome: Verdict
    seconds: float
    failures: Sequence[Failure] = ()
    reason: str | None = None
    runs: int = 1
    passes: int = 0
    reached: frozenset[tuple[str, str]] = frozenset()
    events: Sequence[Mapping[str, Any]] = field(default=())
    waits: Sequence[float] = ()
