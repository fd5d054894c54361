"""All tests of a folder, some at once, in one event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runner.egress.providers import USUAL_NETWORK, ProviderNetwork
from runner.egress.secrets import Secrets
from runner.link.cases import TestCase
from runner.link.release import AgentRelease
from runner.testing.audio.talk import AudioTalk
from runner.testing.coverage import reached
from runner.testing.judging import Judging
from runner.testing.offline import left_out
from runner.testing.outcome import Failure, TestResult
from runner.testing.run import RunResult, SkippedError, TestRun
from runner.testing.talk import Talk
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
        offline: whether tests are skipped that ask anybody outside of this machine, or take the
            time that speech takes.
        network: how providers that are services are reached.
        keep: a folder for the sound of tests with `mode: audio`.
    """

    parallel: int = AT_ONCE
    repeat: int | None = None
    judging: Judging | None = None
    offline: bool = False
    network: ProviderNetwork = USUAL_NETWORK
    keep: Path | None = None


async def run_tests(
    cases: Iterable[TestCase],
    agents: Mapping[str, AgentRelease],
    secrets: Callable[[], Secrets],
    options: SuiteOptions,
) -> AsyncIterator[TestResult]:
    """Run tests; each result comes when it is there.

    Args:
        cases: which; each is taken when there is room for it. Those with `mode: audio` need a loop
            whose time nobody puts forward, and so a run of their own.
        agents: test → the agent that it calls; a test without one is skipped.
        secrets: gives each test its own view of the secrets.
        options: how.
    """
    turns, waiting = Turns(options.parallel), iter(cases)
    results: asyncio.Queue[TestResult | None] = asyncio.Queue()

    async def work() -> None:
        try:
            for case in waiting:
                await results.put(await _test(case, agents, secrets, options, turns))
        finally:
            results.put_nowait(None)

    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(work()) for _ in range(options.parallel)]
    working = len(tasks)
    try:
        while working:
            result = await results.get()
            if result is None:
                working -= 1
            else:
                yield result
        await asyncio.gather(*tasks)
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
    release = agents.get(case.name)
    if release is None:
        return _skipped(case, f"agent '{case.spec.agent}' is not served (enabled: no)")
    if options.offline and (reason := left_out(case, release)) is not None:
        return _skipped(case, reason)
    began, times = time.perf_counter(), options.repeat or case.spec.repeat
    runs: list[RunResult] = []
    for number in range(times):
        async with turns.one(alone=case.bends_time):
            try:
                talk = _talk(case, release, secrets(), options, number if times > 1 else None)
                runs.append(await TestRun(case, talk, options.judging).run())
            except SkippedError as reason:
                return _skipped(case, str(reason))
            except Exception as error:  # noqa: BLE001 - a bug in one test must not end the others
                runs.append(RunResult([_bug(case, error)], []))
    return _result(case, runs, time.perf_counter() - began, times)


def _talk(
    case: TestCase,
    release: AgentRelease,
    secrets: Secrets,
    options: SuiteOptions,
    number: int | None,
) -> Talk:
    """A talk by text, or aloud; of several runs each keeps its own sound."""
    if not case.aloud:
        return Talk(case, release, secrets, options.network)
    name = case.name if number is None else f"{case.name}-{number + 1}"
    keep = options.keep / f"{name}.wav" if options.keep is not None else None
    return AudioTalk(case, release, secrets, options.network, keep)


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
        tuple(seconds for run in runs for seconds in run.waits),
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
