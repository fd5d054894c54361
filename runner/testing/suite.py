"""All tests of a folder, some at once, in one process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from runner.egress.providers import USUAL_NETWORK, ProviderNetwork
from runner.egress.secrets import Secrets
from runner.link.cases import TestCase
from runner.link.release import AgentRelease
from runner.testing.coverage import reached
from runner.testing.judging import Judging
from runner.testing.offline import asks_outside
from runner.testing.outcome import Failure, TestResult
from runner.testing.run import RunResult, SkippedError, TestRun
from runner.testing.time import Turns

AT_ONCE: Final = 8
"""Talks at once where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class SuiteOptions:
    """How tests are run.

    Attributes:
        parallel: talks at once.
        repeat: how often each is run; None: as often as it says itself.
        judging: judges meaning; without it tests of meaning are skipped.
        offline: whether tests that ask anybody outside of this machine are skipped.
        network: how providers that are services are reached.
    """

    parallel: int = AT_ONCE
    repeat: int | None = None
    judging: Judging | None = None
    offline: bool = False
    network: ProviderNetwork = USUAL_NETWORK


async def run_tests(
    cases: Sequence[TestCase],
    agents: Mapping[str, AgentRelease],
    secrets: Callable[[], Secrets],
    options: SuiteOptions,
) -> AsyncIterator[TestResult]:
    """Run tests; each result comes when it is there.

    Args:
        cases: which.
        agents: name → release; a test of another agent is skipped.
        secrets: gives each test its own view of the secrets.
        options: how.
    """
    turns = Turns(options.parallel)
    tasks = [
        asyncio.get_running_loop().create_task(_test(case, agents, secrets, options, turns))
        for case in cases
    ]
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _test(
    case: TestCase,
    agents: Mapping[str, AgentRelease],
    secrets: Callable[[], Secrets],
    options: SuiteOptions,
    turns: Turns,
) -> TestResult:
    release = agents.get(str(case.spec.agent))
    if release is None:
        return _skipped(case, f"agent '{case.spec.agent}' is not served (enabled: no)")
    if options.offline and (reason := asks_outside(case, release)) is not None:
        return _skipped(case, reason)
    began, times = time.perf_counter(), options.repeat or case.spec.repeat
    runs: list[RunResult] = []
    for _ in range(times):
        async with turns.one(alone=case.bends_time):
            try:
                run = TestRun(case, release, secrets(), options.judging, options.network)
                runs.append(await run.run())
            except SkippedError as reason:
                return _skipped(case, str(reason))
            except Exception as error:  # noqa: BLE001 - a bug in one test must not end the others
                runs.append(RunResult([_bug(case, error)], []))
    return _result(case, runs, time.perf_counter() - began, times)


def _result(case: TestCase, runs: Sequence[RunResult], seconds: float, times: int) -> TestResult:
    failed = [run for run in runs if run.failures]
    passes = len(runs) - len(failed)
    wanted = times if case.spec.min_pass is None else min(case.spec.min_pass, times)
    return TestResult(
        case.name,
        str(case.spec.agent),
        case.file,
        case.line,
        "passed" if passes >= wanted else "failed",
        seconds,
        failed[0].failures if failed and passes < wanted else (),
        None,
        times,
        passes,
        reached(str(case.spec.agent), (run.events for run in runs)),
        runs[-1].events if runs else (),
    )


def _skipped(case: TestCase, reason: str) -> TestResult:
    return TestResult(
        case.name, str(case.spec.agent), case.file, case.line, "skipped", 0.0, (), reason
    )


def _bug(case: TestCase, error: Exception) -> Failure:
    message = f"this is a bug in lkrun ({type(error).__name__}: {error})"
    return Failure(0, case.line, "run", message)


def chosen(
    cases: Iterable[TestCase], *, part: str | None = None, tags: Sequence[str] = ()
) -> list[TestCase]:
    """The tests whose name holds a text, and that have one of the tags."""
    return [
        case
        for case in cases
        if (part is None or part.casefold() in case.name.casefold())
        and (not tags or set(tags) & set(map(str, case.spec.tags)))
    ]
