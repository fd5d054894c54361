"""Follows the configuration folder: what is saved and valid is served to the next caller."""

from __future__ import annotations

import asyncio
import contextlib
import posixpath
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from runner.diagnostics import Diagnostic, Span, render
from runner.source import Fingerprint, fingerprint

if TYPE_CHECKING:
    from runner.compiler import Compiled, Compiler
    from runner.link.release import Release
    from runner.serve.log import Log

TICK: Final = 2.0
SETTLE: Final = 0.4
"""Seconds between two looks at the folder that must agree: a file is often saved in steps."""

Swap = Callable[["Release"], None]
Lacking = Callable[["Compiled"], list[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: `ok`, `rejected` or `unchanged`."""

    result: str
    release: str
    diagnostics: tuple[Diagnostic, ...] = ()


class Reloader:
    """Looks at the folder again and again, compiles what changed, and has it served.

    Args:
        compiler: of the folder.
        compiled: what is served now.
        swap: serves another release; an `OSError` leaves the old one.
        lacking: finds the secrets that have no value.
        log: told of each attempt.
    """

    def __init__(
        self, compiler: Compiler, compiled: Compiled, swap: Swap, lacking: Lacking, log: Log
    ) -> None:
        """Take everything; nothing is looked at yet."""
        self._compiler = compiler
        self._compiled = compiled
        self._release_id = compiled.release.id if compiled.release else ""
        self._swap = swap
        self._lacking = lacking
        self._log = log
        self._woken = asyncio.Event()
        self._trying = asyncio.Lock()
        self._known = self._look()

    def wake(self) -> None:
        """Look now, not at the next tick."""
        self._woken.set()

    async def run(self) -> None:
        """Follow the folder until cancelled."""
        watching = asyncio.get_running_loop().create_task(self._watch())
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TICK):
                        await self._woken.wait()
                self._woken.clear()
                if await asyncio.to_thread(self._look) != self._known:
                    await self._settled()
                    await self._try()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _try(self) -> None:
        """Attempt it; a bug of ours must not end the following of files."""
        try:
            await self.attempt()
        except Exception as error:  # noqa: BLE001 - as above
            self._known = await asyncio.to_thread(self._look)
            words = (
                f"this is a bug in lkrun ({type(error).__name__}); still serving the old release"
            )
            self._log.event("reload", words, level="error", result="rejected", error=str(error))

    async def attempt(self) -> Outcome:
        """Compile the folder as it is, and serve it if it is valid."""
        async with self._trying:
            began = time.perf_counter()
            known = await asyncio.to_thread(self._look)
            compiled = await asyncio.to_thread(self._compiler.compile)
            self._compiled, self._known = compiled, known
            outcome = self._served(compiled)
            self._tell(outcome, compiled, round((time.perf_counter() - began) * 1000, 1))
            return outcome

    def _served(self, compiled: Compiled) -> Outcome:
        release = compiled.release
        found = sorted([*compiled.diagnostics, *self._lacking(compiled)])
        if release is None or any(d.severity == "error" for d in found):
            return Outcome("rejected", self._release_id, tuple(found))
        if release.id == self._release_id:
            return Outcome("unchanged", self._release_id)
        if not release.agents:
            return self._refused("no agent is enabled any more", "enable one, or stop the runner")
        try:
            self._swap(release)
        except OSError as error:
            words = f"the release could not be stored: {error.strerror or error}"
            return self._refused(words, "make room where temporary files are kept")
        self._release_id = release.id
        return Outcome("ok", release.id)

    def _refused(self, message: str, hint: str) -> Outcome:
        return Outcome(
            "rejected", self._release_id, (Diagnostic(Span("."), "E201", message, hint),)
        )

    def _tell(self, outcome: Outcome, compiled: Compiled, took: float) -> None:
        words = {
            "ok": f"reloaded: now serving release {outcome.release}",
            "rejected": f"the new files are not served; still serving release {outcome.release}",
            "unchanged": f"the files say what they said before; still release {outcome.release}",
        }[outcome.result]
        if outcome.result == "rejected":
            words = f"{words}\n{render.text(outcome.diagnostics, compiled.lines)}".rstrip()
        self._log.event(
            "reload",
            words,
            level="error" if outcome.result == "rejected" else "info",
            result=outcome.result,
            release=outcome.release,
            took_ms=took,
            diagnostics=[render.diagnostic_data(d) for d in outcome.diagnostics],
        )

    async def _settled(self) -> None:
        """Return when two looks that are `SETTLE` apart agree."""
        before = None
        while (now := await asyncio.to_thread(self._look)) != before:
            before = now
            await asyncio.sleep(SETTLE)

    def _look(self) -> Fingerprint:
        texts = {
            posixpath.normpath(posixpath.join(posixpath.dirname(file), name))
            for file, name in self._compiled.texts
        }
        return fingerprint(self._compiler.root, texts)

    async def _watch(self) -> None:
        """Wake at events of the file system: a hint only, the tick sees what they miss."""
        from watchfiles import awatch  # noqa: PLC0415 - only where files are followed

        with contextlib.suppress(OSError, RuntimeError):
            async for _ in awatch(self._compiler.root, watch_filter=None, debounce=50, step=20):
                self.wake()
