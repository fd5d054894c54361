"""The served release, and older ones that calls still use."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.link.release import AgentRelease, Release
    from runner.serve.releases.store import Store


@dataclass(slots=True)
class _Kept:
    release: Release
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    pins: set[str] = field(default_factory=set)


class Releases:
    """Swaps the served release; keeps a release until its last call has ended."""

    def __init__(self, store: Store, release: Release) -> None:
        """Serve a first release.

        Raises:
            OSError: it cannot be written to the store.
        """
        self._store = store
        self._kept: dict[str, _Kept] = {}
        self._current = ""
        self.swap(release)

    @property
    def current(self) -> Release:
        """The served release."""
        return self._kept[self._current].release

    @property
    def since(self) -> datetime:
        """Since when it is served."""
        return self._kept[self._current].since

    def prepare(self, release: Release) -> None:
        """Write a release, so that `swap` is quick; for a thread of its own.

        One that is not served afterwards must be given to `drop`.

        Raises:
            OSError: it cannot be written; nothing is left of it.
        """
        self._store.put(release)

    def drop(self, release: Release) -> None:
        """Remove a prepared release, unless it is served or a call uses it."""
        if release.id not in self._kept:
            self._store.remove(release.id)

    def swap(self, release: Release) -> None:
        """Serve another release to new calls.

        Raises:
            OSError: it cannot be written; then the old one is served on.
        """
        self._store.put(release)
        try:
            self._store.point(release.id)
        except OSError:
            self.drop(release)
            raise
        before, self._current = self._current, release.id
        kept = self._kept.setdefault(release.id, _Kept(release))
        if before != release.id:
            kept.since = datetime.now(UTC)
            self._retire(before)

    def show(self, release: Release, holder: str) -> None:
        """Keep a prepared release that is not served, for as long as its holder has not gone.

        Raises:
            OSError: it cannot be written.
        """
        self._store.put(release)  # what was prepared may have been retired meanwhile
        self._kept.setdefault(release.id, _Kept(release)).pins.add(holder)

    def pin(self, call: str, release_id: str | None = None) -> str:
        """Keep the served release, or another one that is kept, for a call; returns its id.

        Raises:
            KeyError: the other one is not kept (any more).
        """
        wanted = release_id or self._current
        self._kept[wanted].pins.add(call)
        return wanted

    def unpin(self, release_id: str, call: str) -> None:
        """Give a call's release back."""
        kept = self._kept.get(release_id)
        if kept is not None:
            kept.pins.discard(call)
            self._retire(release_id)

    def move(self, call: str, release_id: str) -> None:
        """Let a call go over to another release that is kept, in one step.

        Raises:
            KeyError: the call has no pin, or the release is not kept (any more); then nothing has
                changed.
        """
        there = self._kept[release_id].pins
        before = next((i for i, kept in self._kept.items() if call in kept.pins), None)
        if before is None:
            raise KeyError(call)
        self._kept[before].pins.remove(call)
        there.add(call)
        self._retire(before)

    def sessions(self) -> dict[str, int]:
        """Release → how many calls are on it, the served one too when there are none."""
        return {release_id: len(kept.pins) for release_id, kept in self._kept.items()}

    def times(self) -> dict[str, datetime]:
        """Release → since when it is, or was, served."""
        return {release_id: kept.since for release_id, kept in self._kept.items()}

    def release(self, release_id: str) -> Release | None:
        """A release that is still kept."""
        kept = self._kept.get(release_id)
        return kept.release if kept else None

    def agent(self, release_id: str, name: str) -> AgentRelease | None:
        """An agent of a release that is still kept."""
        kept = self._kept.get(release_id)
        return kept.release.agents.get(name) if kept else None

    def file(self, release_id: str, agent: str) -> str:
        """Where an agent of a kept release lies.

        Raises:
            KeyError: there is none.
        """
        return str(self._store.file(release_id, agent))

    def kept(self) -> Iterable[str]:
        """The ids of all releases that are kept, the oldest first."""
        return tuple(self._kept)

    def _retire(self, release_id: str) -> None:
        kept = self._kept.get(release_id)
        if kept is not None and not kept.pins and release_id != self._current:
            del self._kept[release_id]
            self._store.remove(release_id)
