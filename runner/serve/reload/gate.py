"""The gate: files whose own tests fail are not served (`runner.reload.gate: tests`)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from runner.diagnostics import Diagnostic, Span
from runner.link.cases import TestCase, cases
from runner.serve.credentials import child_environment

if TYPE_CHECKING:
    from runner.compiler import Compiled
    from runner.link.release import AgentRelease, Release

_LONGEST_LINE: Final = 16 * 1024 * 1024
_KEPT: Final = 10_000
"""Passed tests that are remembered."""


@dataclass(frozen=True, slots=True)
class GateReport:
    """What came of the tests of files that are to be served.

    Attributes:
        diagnostics: why they are not served; empty where they may be.
        tests: each test as `lkrun test --format json` has it.
        lines: those that failed, as `lkrun test` shows them.
        took_ms: how long all took, in milliseconds.
    """

    diagnostics: tuple[Diagnostic, ...] = ()
    tests: tuple[Mapping[str, Any], ...] = ()
    lines: tuple[str, ...] = ()
    took_ms: float = 0.0

    def count(self, outcome: str) -> int:
        """How many passed, failed or were skipped."""
        return sum(test["outcome"] == outcome for test in self.tests)

    def to_data(self) -> dict[str, Any]:
        """The same as plain data: the document of `lkrun test`."""
        counts = {each: self.count(each) for each in ("passed", "failed", "skipped")}
        return {**counts, "took_ms": self.took_ms, "tests": list(self.tests)}


@dataclass(frozen=True, slots=True)
class _Run:
    """What a child told."""

    results: Sequence[Mapping[str, Any]]
    trouble: Diagnostic | None = None


class Gate:
    """Runs the offline tests of agents that are to be served, in a process of its own.

    A test that has passed is not run again while it and all that its agent reaches stay the same.

    Args:
        forced: `check` or `tests` where the command line says so; else the files themselves do.
        folder: where the files are that requests send.
        env: the environment, of which plugins see in tests what they see in calls.
    """

    def __init__(
        self,
        forced: str | None = None,
        *,
        folder: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._forced = forced
        self._folder = "" if folder is None else os.path.abspath(folder)  # noqa: PTH100 - `resolve` follows links
        self._env = dict(os.environ) if env is None else env
        self._passed: dict[tuple[str, str], None] = {}

    def closed(self, release: Release) -> bool:
        """Whether the tests of a release must pass before it is served."""
        return (self._forced or release.process.reload.gate) == "tests"

    async def test(self, compiled: Compiled, served: Release | None) -> GateReport:
        """Run the tests of all agents that change for callers.

        Cancelling ends the process that runs them.

        Args:
            compiled: a folder without mistakes.
            served: what is served now; None at the start, when all agents are new.
        """
        began = time.perf_counter()
        release = compiled.release
        assert release is not None  # noqa: S101 - who calls has looked
        before = {n: a.digest for n, a in served.agents.items()} if served else {}
        changed = {n: a for n, a in release.agents.items() if before.get(n) != a.digest}
        wanted = [
            case
            for case in cases(compiled.tests, release)
            if case.spec.environment in (None, compiled.environment)
            and (agent := changed.get(str(case.spec.agent)))
            and (case.digest, agent.digest) not in self._passed
        ]
        run = await self._run(wanted, changed, release)
        self._remember(wanted, changed, run)
        tests = sorted((r["test"] for r in run.results), key=lambda t: (t["file"], t["line"]))
        failed = [r for r in run.results if r["test"]["outcome"] == "failed"]
        diagnostics = [d for test in tests for d in _diagnostics(test, compiled.lines)]
        return GateReport(
            (*diagnostics, *([run.trouble] if run.trouble else [])),
            tuple(tests),
            tuple(line for each in failed for line in each["lines"]),
            round((time.perf_counter() - began) * 1000, 1),
        )

    async def _run(
        self, wanted: Sequence[TestCase], agents: Mapping[str, AgentRelease], release: Release
    ) -> _Run:
        if not wanted:
            return _Run(())
        seconds = release.process.reload.gate_timeout
        used = {str(case.spec.agent) for case in wanted}
        data = {
            "agents": {name: agents[name].to_json() for name in sorted(used)},
            "tests": [case.to_data() for case in wanted],
            "folder": self._folder,
        }
        try:
            child = await _begin(child_environment(release, self._env))
        except OSError as error:
            return _Run((), _unfinished(f"no process could be started ({error.strerror})"))
        results: list[Mapping[str, Any]] = []
        try:
            async with asyncio.timeout(seconds):
                await _results(child, data, results)
                code = await child.wait()
        except TimeoutError:
            return _Run(results, _too_slow(wanted, results, seconds))
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await asyncio.shield(child.wait())
        if len(results) < len(wanted):
            return _Run(results, _unfinished(f"the process that ran them ended {_how(code)}"))
        return _Run(results)

    def _remember(
        self, wanted: Sequence[TestCase], agents: Mapping[str, AgentRelease], run: _Run
    ) -> None:
        passed = {r["test"]["name"] for r in run.results if r["test"]["outcome"] == "passed"}
        for case in wanted:
            if case.name in passed:
                self._passed[case.digest, agents[str(case.spec.agent)].digest] = None
        for old in list(self._passed)[: max(0, len(self._passed) - _KEPT)]:
            del self._passed[old]


async def _begin(env: Mapping[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "runner.serve.child.gate", str(os.getpid()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_LONGEST_LINE,
        env=env,
        process_group=0,  # Ctrl-C at a terminal is for the main process alone
    )  # fmt: skip


async def _results(
    child: asyncio.subprocess.Process, data: Any, results: list[Mapping[str, Any]]
) -> None:
    assert child.stdin is not None  # noqa: S101 - it was asked for
    assert child.stdout is not None  # noqa: S101 - as above
    sent = await asyncio.to_thread(json.dumps, data)
    with contextlib.suppress(ConnectionError):  # it died: its exit code tells
        child.stdin.write(sent.encode())
        await child.stdin.drain()
    child.stdin.close()
    async for line in child.stdout:
        results.append(json.loads(line))  # noqa: PERF401 - what came is there when the rest never does


def _diagnostics(test: Mapping[str, Any], lines: Mapping[str, Sequence[str]]) -> list[Diagnostic]:
    diagnostics = []
    for failure in test["failures"]:
        step = f" at step {failure['step']}" if failure["step"] else ""
        message = f"test '{test['name']}' fails{step}: {failure['message']}"
        span = _span(test["file"], failure["line"], lines)
        diagnostics.append(Diagnostic(span, "E501", message, f"run: lkrun test -k {test['name']}"))
    return diagnostics


def _span(file: str, line: int, lines: Mapping[str, Sequence[str]]) -> Span:
    there = lines.get(file, ())
    text = there[line - 1] if line <= len(there) else ""
    begin = len(text) - len(text.lstrip()) + 1
    return Span(file, line, begin, line, max(begin + 1, len(text.rstrip()) + 1))


def _too_slow(
    wanted: Sequence[TestCase], results: Sequence[Mapping[str, Any]], seconds: float
) -> Diagnostic:
    ended = {result["test"]["name"] for result in results}
    waiting = ", ".join(f"'{case.name}'" for case in wanted if case.name not in ended)
    message = f"the tests were not done after {seconds:g} s: {waiting} had not ended"
    hint = "write a longer gate_timeout below reload: of the runner, or make these tests shorter"
    return Diagnostic(Span("."), "E502", message, hint)


def _unfinished(why: str) -> Diagnostic:
    hint = "run: lkrun test"
    return Diagnostic(Span("."), "E502", f"the tests could not be run to their end: {why}", hint)


def _how(code: int) -> str:
    if code >= 0:
        return f"with exit code {code}"
    return f"by {signal.Signals(-code).name}"


def at_start(gate: Gate, compiled: Compiled) -> GateReport | None:
    """Run the tests before anything is served; None where SIGTERM came meanwhile."""

    async def tested() -> GateReport:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - it is this one
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await gate.test(compiled, None)

    try:
        return asyncio.run(tested())
    except asyncio.CancelledError:
        return None
