"""Follows the configuration folder: what is saved and valid is served to the next caller."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, Protocol

from runner.diagnostics import Diagnostic, Span
from runner.diff import Change, Side, diff
from runner.serve.reload.watcher import Look, Watcher

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.compiler import Compiled, Compiler
    from runner.link.release import Release
    from runner.serve.reload.gate import Gate, GateReport

Result = Literal["ok", "rejected", "unchanged"]
Lacking = Callable[["Compiled"], list[Diagnostic]]

_ROUNDS: Final = 3
"""How often an attempt that was asked for compiles while the files change."""


@dataclass(frozen=True, slots=True)
class ReloadResult:
    """What came of an attempt.

    Attributes:
        result: whether another release is served now.
        release: the id of the release that is served after it.
        diagnostics: why it was rejected; warnings where it was not.
        changes: what callers notice.
        lines: file → its lines, for showing diagnostics.
        compile_ms: how long compiling took, in milliseconds.
        took_ms: how long all took.
        rolled: whether it was no reload but a way back to a release of before.
        same_files: whether the files were the same, and only what lies beside them changed.
        error: what went wrong in lkrun itself.
        tests: what came of the files' own tests, where they had to pass.
    """

    result: Result
    release: str
    diagnostics: tuple[Diagnostic, ...] = ()
    changes: tuple[Change, ...] = ()
    lines: Mapping[str, Sequence[str]] = field(default_factory=dict)
    compile_ms: float = 0.0
    took_ms: float = 0.0
    rolled: bool = False
    same_files: bool = False
    error: str | None = None
    tests: GateReport | None = None


class Target(Protocol):
    """Who serves releases."""

    async def swap(self, release: Release) -> None:
        """Serve another release to new callers.

        Raises:
            OSError: it cannot be stored; the old one is served on.
        """
        ...

    def tell(self, outcome: ReloadResult) -> None:
        """Hear what came of an attempt."""
        ...


@dataclass(frozen=True, slots=True)
class _Judged:
    """A compiled folder, and what is to be thought of it."""

    compiled: Compiled
    look: Look
    side: Side | None
    diagnostics: tuple[Diagnostic, ...]
    changes: tuple[Change, ...]
    took_ms: float


class Reloader:
    """Compiles the folder whenever it changed, and has it served if it is valid.

    Args:
        compiler: of the folder.
        compiled: what came of it last.
        target: serves releases, and is told of each attempt.
        lacking: finds the secrets that have no value.
        served: the release that is served, where it is not `compiled`'s.
        beside: the state of what counts besides the files.
        gate: has the files' own tests run before they are served.
        rejected: why what `compiled` holds was not let through at the start.
    """

    def __init__(  # noqa: PLR0913 - the parts that it needs, by name
        self,
        compiler: Compiler,
        compiled: Compiled,
        target: Target,
        lacking: Lacking,
        *,
        served: Release | None = None,
        beside: Callable[[], Hashable] = lambda: None,
        gate: Gate | None = None,
        rejected: tuple[Diagnostic, ...] = (),
    ) -> None:
        """Look at nothing yet: what has changed since `compiled` was made is seen by `run`."""
        self._compiler = compiler
        self._compiled = compiled
        self._target = target
        self._lacking = lacking
        release = served or compiled.release
        assert release is not None  # noqa: S101 - nobody follows a folder without serving something
        self._served = Side(release, _resting(compiled) if served is None else frozenset())
        self._written = compiled.release.id if compiled.release and not rejected else None
        self._trying = asyncio.Lock()
        self._compiling = threading.Lock()
        self._gate = gate
        self._rolling = asyncio.Event()
        self._watcher = Watcher(compiler.root, self._texts, beside)
        self._known: Look | None = None
        self._diagnostics = (*_all_found(compiled, lacking), *rejected)

    @property
    def served(self) -> Release:
        """The release that is served."""
        return self._served.release

    def wake(self) -> None:
        """Look now, not at the next tick."""
        self._watcher.wake()

    async def run(self) -> None:
        """Follow the folder until cancelled."""
        listening = asyncio.get_running_loop().create_task(self._watcher.listen())
        self.wake()
        try:
            while True:
                settled = await self._watcher.changed(lambda: self._known, self._settle)
                if await self._attempt(settled) is None:
                    self.wake()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def attempt(self) -> ReloadResult:
        """Compile the folder as it is now, and serve it if it is valid, although it was told to."""
        while (outcome := await self._attempt(None)) is None:
            pass  # files were saved while those before them were tested
        return outcome

    def compiled_now(self) -> tuple[Compiled, tuple[Diagnostic, ...]]:
        """The folder as it is now, and what is wrong with it; for a thread. Nothing is served."""
        compiled = self._compiled_again()
        return compiled, _all_found(compiled, self._lacking)

    def _compiled_again(self) -> Compiled:
        with self._compiling:
            return self._compiler.compile(keep=False)

    async def roll(self, release: Release, lacking: Iterable[str] = ()) -> ReloadResult:
        """Serve a release of before, until the files change again.

        Args:
            release: which.
            lacking: its secrets that have no value: with any it is rejected.
        """
        self._rolling.set()
        async with self._trying:
            self._rolling.clear()
            began = time.perf_counter()
            side = Side(release)
            missing = tuple(
                Diagnostic(Span("."), "E405", f"the secret {name} has no value") for name in lacking
            )
            if missing or release.id == self.served.id:
                result: Result = "rejected" if missing else "unchanged"
                outcome = ReloadResult(result, self.served.id, missing, rolled=True)
            else:
                changes = await asyncio.to_thread(diff, self._served, side)
                new = ReloadResult("ok", release.id, changes=changes, rolled=True)
                outcome = await self._swap(side, new)
            return self._report(outcome, began)

    def _settle(self) -> float:
        return self.served.process.reload.settle

    async def _attempt(self, settled: Look | None) -> ReloadResult | None:
        """Compile and decide; None where it must wait, since files are being saved.

        Args:
            settled: how the files came to rest; None where it was asked for.
        """
        async with self._trying:
            began = time.perf_counter()
            before, diagnostics = self._known, self._diagnostics
            try:
                judged = await asyncio.to_thread(self._judge, settled)
                if judged is None:
                    return None
                outcome = await self._decided(judged, requested=settled is None)
                if outcome is None:
                    return None
                look = judged.look
            except Exception as error:  # noqa: BLE001 - a bug of ours must not end the following of files
                look = await asyncio.to_thread(self._watcher.look)
                words = f"{type(error).__name__}: {error}"
                outcome = ReloadResult("rejected", self.served.id, error=words)
            if outcome.result == "ok":  # it may need other secrets: they are no change of their own
                look = await asyncio.to_thread(self._watcher.beside, look.files)
            self._known = look
            first = before is None and settled is not None and outcome.result != "ok"
            if first and (outcome.diagnostics, outcome.error) == (diagnostics, None):
                return outcome  # nothing has changed since the folder was compiled
            same = before is not None and before.files == look.files and before != look
            reported = self._report(replace(outcome, same_files=same), began)
            await asyncio.to_thread(self._compiler.cache.flush)
            return reported

    def _judge(self, settled: Look | None) -> _Judged | None:
        """Compile, in a thread; None where files changed since they were at rest.

        A text that a file begins to name counts as one that changed: nobody knows that it rests.
        """
        for _ in range(_ROUNDS if settled is None else 1):
            look = settled or self._watcher.look()
            began = time.perf_counter()
            self._compiled = compiled = self._compiled_again()
            took = round((time.perf_counter() - began) * 1000, 1)
            if self._watcher.look().files == look.files:
                break
        else:
            if settled is not None:
                return None
        self._diagnostics = diagnostics = _all_found(compiled, self._lacking)
        release = compiled.release
        if release is None or any(d.severity == "error" for d in diagnostics):
            return _Judged(compiled, look, None, diagnostics, (), took)
        side = Side(release, _resting(compiled))
        same = release.id == self.served.id
        changes = () if same else tuple(diff(self._served, side))
        return _Judged(compiled, look, side, diagnostics, changes, took)

    async def _decided(self, judged: _Judged, *, requested: bool) -> ReloadResult | None:
        """Serve what may be served; None where newer files were saved before that was known."""
        side = judged.side
        written, self._written = self._written, side.release.id if side else None
        outcome = ReloadResult(
            "unchanged", self.served.id, judged.diagnostics, lines=judged.compiled.lines,
            compile_ms=judged.took_ms,
        )  # fmt: skip
        if side is None:
            return replace(outcome, result="rejected")
        # after a rollback, files that say what they said before are not served again
        if side.release.id in (self.served.id, None if requested else written):
            return outcome
        if not side.release.agents:
            hint = "enable one, or stop the runner"
            return _refused(outcome, "E201", "no agent is enabled any more", hint)
        new = replace(outcome, result="ok", release=side.release.id, changes=judged.changes)
        if self._gate is not None and self._gate.closed(side.release):
            self._written = None  # tests alone may change, and then it is tried again
            tests = await self._tested(self._gate, judged)
            if tests is None:
                return self._given_up(outcome, side) if self._rolling.is_set() else None
            new = replace(new, tests=tests)
            if tests.diagnostics:
                diagnostics = (*outcome.diagnostics, *tests.diagnostics)
                return replace(outcome, result="rejected", diagnostics=diagnostics, tests=tests)
            self._written = side.release.id
        return await self._swap(side, new)

    async def _tested(self, gate: Gate, judged: _Judged) -> GateReport | None:
        """Have the tests run; None where newer files or a way back make them needless."""
        loop = asyncio.get_running_loop()
        testing = loop.create_task(gate.test(judged.compiled, self.served))
        needless = [
            loop.create_task(self._watcher.changed(lambda: judged.look, self._settle)),
            loop.create_task(self._rolling.wait()),
        ]
        try:
            await asyncio.wait([testing, *needless], return_when=asyncio.FIRST_COMPLETED)
            return testing.result() if testing.done() else None
        finally:
            for task in (testing, *needless):
                task.cancel()
            await asyncio.gather(testing, *needless, return_exceptions=True)

    def _given_up(self, outcome: ReloadResult, side: Side) -> ReloadResult:
        self._written = side.release.id
        message = "the tests of the new files were given up for a rollback"
        return _refused(outcome, "E502", message, "save a file again when they are to be served")

    async def _swap(self, side: Side, outcome: ReloadResult) -> ReloadResult:
        try:
            await self._target.swap(side.release)
        except OSError as error:
            self._written = None
            reported = f"the release could not be stored: {error.strerror or error}"
            hint = "make room where temporary files are kept, then save a file again"
            kept = replace(outcome, release=self.served.id, changes=())
            return _refused(kept, "E001", reported, hint)
        self._served = side
        return outcome

    def _report(self, outcome: ReloadResult, began: float) -> ReloadResult:
        took = round((time.perf_counter() - began) * 1000, 1)
        outcome = replace(outcome, took_ms=took)
        self._target.tell(outcome)
        return outcome

    def _texts(self) -> frozenset[str]:
        return self._compiled.text_paths


def _all_found(compiled: Compiled, lacking: Lacking) -> tuple[Diagnostic, ...]:
    return tuple(sorted([*compiled.diagnostics, *lacking(compiled)]))


def _resting(compiled: Compiled) -> frozenset[str]:
    """The agents that the folder has, but does not serve."""
    served = compiled.release.agents if compiled.release else {}
    return frozenset(str(scope.name) for scope in compiled.scopes) - served.keys()


def _refused(outcome: ReloadResult, code: str, message: str, hint: str) -> ReloadResult:
    reason = Diagnostic(Span("."), code, message, hint)
    return replace(outcome, result="rejected", diagnostics=(*outcome.diagnostics, reason))
