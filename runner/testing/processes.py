"""A whole run of tests: by text first, in several processes where there are many; then aloud."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from typing import Any, Final

from runner.egress.secrets import Secrets
from runner.link.cases import TestCase
from runner.link.release import AgentRelease
from runner.testing.outcome import Failure, TestResult
from runner.testing.suite import SuiteOptions, run_tests
from runner.testing.time import SimulatedLoop

Tell = Callable[[TestResult], None]

WORTH: Final = 12
"""Tests for which another process is worth its start."""

_ALOUD: Final = 2
"""Talks aloud at once for a core: each takes time as it goes by, with little work in it."""


def run_suite(
    cases: Sequence[TestCase],
    agents: Mapping[str, AgentRelease],
    secrets: Callable[[], Secrets],
    options: SuiteOptions,
    tell: Tell,
) -> None:
    """Run tests, and tell each result when it is there.

    Args:
        cases: which.
        agents: test → the agent that it calls.
        secrets: gives each test its own view of the secrets.
        options: how; `parallel` counts over all processes.
        tell: takes a result.
    """

    def run(some: Iterable[TestCase], how: SuiteOptions, tell_result: Tell, *, aloud: bool) -> None:
        with asyncio.Runner(loop_factory=None if aloud else SimulatedLoop) as running:
            running.run(_all(some, agents, secrets, how, tell_result))

    written = [case for case in cases if not case.aloud]
    many = min(_cores(), options.parallel, len(written) // WORTH)
    if many > 1 and options.judging is None:
        run(written[:1], options, tell, aloud=False)  # what it loads, and works out, is copied
        del written[:1]
    if many > 1 and _may_fork(options):
        share = replace(options, parallel=-(-options.parallel // many))
        in_processes(
            written,
            many,
            lambda some, tell_result: run(some, share, tell_result, aloud=False),
            tell,
        )
    elif written:
        run(written, options, tell, aloud=False)
    spoken = [case for case in cases if case.aloud]
    if spoken:
        at_once = min(options.parallel, _ALOUD * _cores())
        run(spoken, replace(options, parallel=at_once), tell, aloud=True)


async def _all(
    cases: Iterable[TestCase],
    agents: Mapping[str, AgentRelease],
    secrets: Callable[[], Secrets],
    options: SuiteOptions,
    tell: Tell,
) -> None:
    async for result in run_tests(cases, agents, secrets, options):
        tell(result)


def _cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _may_fork(options: SuiteOptions) -> bool:
    """Whether this process may be copied: none of its threads, and no connection, is in use."""
    alone = threading.active_count() == 1 and not _native_threads()
    return sys.platform == "linux" and options.judging is None and alone


def _native_threads() -> bool:
    """Whether LiveKit's own code runs, as it does once a talk was aloud."""
    from livekit.rtc._ffi_client import FfiClient  # noqa: PLC0415 - what it costs is paid by talks

    return FfiClient._instance is not None  # noqa: SLF001 - nothing else tells


def in_processes(
    cases: Sequence[TestCase],
    many: int,
    run: Callable[[Iterable[TestCase], Tell], None],
    tell: Tell,
) -> None:
    """Copy this process, with all that is loaded and compiled; each copy takes the next test."""
    context: Any = multiprocessing.get_context("fork")
    following = context.Value("l", 0)
    children: dict[Connection, Any] = {}
    for _ in range(many):
        here, there = context.Pipe(duplex=False)
        child = context.Process(target=_child, args=(cases, following, run, there), daemon=True)
        with warnings.catch_warnings():
            # numpy's threads are known to survive it; others there are none
            warnings.simplefilter("ignore", DeprecationWarning)
            child.start()
        there.close()
        children[here] = child
    done: set[str] = set()
    try:
        while children:
            for ready in wait(list(children)):
                assert isinstance(ready, Connection)  # noqa: S101 - nothing else is waited for
                try:
                    result = ready.recv()
                except EOFError:
                    children.pop(ready).join()
                    continue
                done.add(result.name)
                tell(result)
    finally:
        for child in children.values():
            child.kill()
    for case in cases:
        if case.name not in done:
            tell(_lost(case))


def _child(
    cases: Sequence[TestCase],
    following: Any,
    run: Callable[[Iterable[TestCase], Tell], None],
    there: Connection,
) -> None:
    def next_ones() -> Iterator[TestCase]:
        while True:
            with following.get_lock():
                place, following.value = following.value, following.value + 1
            if place >= len(cases):
                return
            yield cases[place]

    run(next_ones(), there.send)
    there.close()


def _lost(case: TestCase) -> TestResult:
    reason = "the process that ran it has died"
    failure = Failure(0, case.line, "run", reason)
    name = str(case.spec.agent)
    return TestResult(case.name, name, case.file, case.line, "failed", 0.0, (failure,))
