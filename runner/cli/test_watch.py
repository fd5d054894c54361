"""`lkrun test --watch`: tests run again when a file changes, those that the change touches."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

import click

from runner.cli import asynchronous

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from runner.compiler import Compiled, Compiler
    from runner.link.cases import TestCase
    from runner.link.release import AgentRelease
    from runner.serve.reload.watcher import Look, Watcher
    from runner.testing.outcome import TestResult

_SETTLED = 0.4
"""Seconds without a change after which a file is taken as saved."""


@dataclass(slots=True)
class Earlier:
    """What came of tests before, each as it and its agent were then."""

    _results: dict[tuple[str, str, str], TestResult] = field(default_factory=dict)

    def due(
        self, cases: Iterable[TestCase], agents: Mapping[str, AgentRelease]
    ) -> tuple[list[TestCase], list[TestResult]]:
        """Those that must be run, and the results of those of which nothing has changed."""
        due, kept = [], []
        for case in cases:
            result = self._results.get(_key(case, agents))
            if result is None:
                due.append(case)
            else:
                kept.append(result)
        return due, kept

    def take(
        self,
        cases: Iterable[TestCase],
        agents: Mapping[str, AgentRelease],
        results: Sequence[TestResult],
    ) -> None:
        """Remember these results, and none of tests that are not there any more."""
        by_name = {result.name: result for result in results}
        self._results = {
            _key(case, agents): by_name[case.name] for case in cases if case.name in by_name
        }


def _key(case: TestCase, agents: Mapping[str, AgentRelease]) -> tuple[str, str, str]:
    agent = agents.get(case.name)
    place = f"{case.file}:{case.line}"  # a result shows lines
    return case.digest, agent.digest if agent is not None else "", place


def kept_lines(kept: Sequence[TestResult]) -> Iterator[str]:
    """What is said of tests that were not run again; those that failed are named."""
    if kept:
        tests = "1 test was" if len(kept) == 1 else f"{len(kept)} tests were"
        yield f"{tests} not run again: nothing that they use has changed"
    for result in kept:
        if result.outcome == "failed":
            yield f"still failing: {result.name} ({result.file}:{result.line})"


def watch(compiling: Compiler, run: Callable[[Compiled], object]) -> NoReturn:
    """Compile the folder and run something with it, and again whenever its files have changed."""
    from runner.serve.reload.watcher import Watcher

    texts: frozenset[str] = frozenset()
    while True:
        watcher = Watcher(compiling.root, lambda seen=texts: seen)  # type: ignore[misc]  # a default binds it
        before = watcher.look()
        result = compiling.compile()
        if result.text_paths != texts or watcher.look() != before:
            texts = result.text_paths  # what was saved meanwhile may not be in it
            continue
        run(result)
        click.echo(err=True)
        click.echo("waiting for a file to change; Ctrl-C ends", err=True)
        asynchronous.run(_changed(watcher, before))


async def _changed(watcher: Watcher, known: Look) -> None:
    """Return when a file is not as it was known, also by then, and has come to rest."""
    listening = asyncio.get_running_loop().create_task(watcher.listen())
    watcher.wake()  # it may have been saved while the tests ran
    try:
        await watcher.changed(lambda: known, lambda: _SETTLED)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
