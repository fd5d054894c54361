"""The served release, and older ones that calls still use."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.link.release import AgentRelease, Release
    from runner.serve.store import Store


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

    def swap(self, release: Release) -> None:
        """Serve another release to new calls.

        Raises:
            OSError: it cannot be written; then the old one is served on.
        """
        if release.id not in self._kept:
            self._store.put(release)
        self._store.point(release.id)
        self._kept.setdefault(release.id, _Kept(release))
        before, self._current = self._current, release.id
        self._retire(before)

    def pin(self, call: str) -> str:
        """Keep the served release for a call; returns its id."""
        self._kept[self._current].pins.add(call)
        return self._current

    def unpin(self, release_id: str, call: str) -> None:
        """Give a call's release back."""
        kept = self._kept.get(release_id)
        if kept is not None:
            kept.pins.discard(call)
            self._retire(release_id)

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
