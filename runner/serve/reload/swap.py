"""What happens when another release is served: to new calls, to running ones, and in the log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from runner.diff import Side, diff
from runner.egress.lookup import read_ahead
from runner.serve.releases.archive import ArchiveError
from runner.serve.reload import report

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from runner.link.release import Release
    from runner.serve.doors import FrontDoors
    from runner.serve.external.jobs import ExternalJobs
    from runner.serve.log import Log
    from runner.serve.metrics import Metrics
    from runner.serve.releases.archive import Archive
    from runner.serve.releases.served import Releases
    from runner.serve.reload.folder_state import FolderState
    from runner.serve.reload.inherited import ChildEnvironment
    from runner.serve.reload.next_turn import Renewals
    from runner.serve.reload.reloader import ReloadResult
    from runner.serve.workers.livekit import LiveKitAgents


class Swap:
    """Implements `runner.serve.reload.reloader.Target`.

    Args:
        spawn: runs a task for as long as the runner lives.
    """

    def __init__(  # noqa: PLR0913 - the parts that it needs, by name
        self,
        releases: Releases,
        agents: LiveKitAgents,
        surroundings: ChildEnvironment,
        renewals: Renewals,
        *,
        doors: FrontDoors,
        folder: FolderState,
        metrics: Metrics,
        log: Log,
        archive: Archive | None,
        external: ExternalJobs,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._releases = releases
        self._agents = agents
        self._surroundings = surroundings
        self._renewals = renewals
        self._doors = doors
        self._folder = folder
        self._metrics = metrics
        self._archive = archive
        self._external = external
        self._log = log
        self._spawn = spawn

    async def swap(self, release: Release) -> None:
        """Serve another release to new callers.

        Raises:
            OSError: it cannot be stored; the old one is served on.
        """
        await asyncio.to_thread(self._releases.prepare, release)
        self._releases.swap(release)
        self._surroundings.hide()
        self._agents.follow(release.names)
        self._external.reloaded()
        self._renewals.offer()

    def tell(self, outcome: ReloadResult) -> None:
        """Log an attempt and count it; keep the release if it is a new one."""
        self._surroundings.hide()
        self._metrics.reloaded(outcome)
        self._folder.hear(outcome)
        self._log.event(
            "reload",
            report.words(outcome),
            level=report.level(outcome),
            several_lines=True,
            **report.fields(outcome),
        )
        if outcome.result == "ok":
            changes = [change.sentence for change in outcome.changes]
            if outcome.rolled:
                changes.insert(0, "went back to this release")
            self._spawn(self.keep(self._releases.current, changes))
            self._spawn(asyncio.to_thread(read_ahead, self._releases.current))
        if outcome.result != "rejected":
            self._doors.follow()
            self._spawn(self._surroundings.follow())

    async def keep(self, release: Release, changes: list[str]) -> None:
        """Keep a release over restarts."""
        if self._archive is None:
            return
        most = release.process.reload.keep_releases
        try:
            await asyncio.to_thread(self._archive.keep, release, changes, most)
        except OSError as error:
            why = error.strerror or str(error)
            words = f"release {release.id} is served, but cannot be kept to go back to: {why}"
            self._log.event(
                "release_not_kept", words, level="warning", release=release.id, error=why
            )

    async def keep_first(self) -> None:
        """Keep what is served from the start, unless it was kept last."""
        first, archive = self._releases.current, self._archive
        if archive is None:
            return
        changes = await asyncio.to_thread(_changes_since, archive, first)
        if changes is not None:
            await self.keep(first, changes)

    async def kept(self, release_id: str) -> Release:
        """A kept release.

        Raises:
            ArchiveError: there is none.
        """
        if self._archive is None:
            raise ArchiveError("releases are not kept here")
        return await asyncio.to_thread(self._archive.load, release_id)


def _changes_since(archive: Archive, release: Release) -> list[str] | None:
    """What is new against the release that was kept last, in sentences; None: it is the same."""
    last = archive.current()
    if last is None:
        return []
    if last == release.id:
        return None
    try:
        before = archive.load(last)
    except ArchiveError:
        return []
    return [change.sentence for change in diff(Side(before), Side(release))]
