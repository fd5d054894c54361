"""Where served releases lie: immutable files, one an agent, named by their content."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runner.serve.releases.shelf import Manifest, Shelf

if TYPE_CHECKING:
    from runner.link.release import Release

_LONGEST_BASE: Final = 70
"""Bytes. The path of a unix socket may have 107, on some systems 103."""

_LAST_RESORT: Final = "/tmp"  # noqa: S108 - the directory made in it belongs to its owner alone

_PREFIX: Final = "lkrun-"


class Store:
    """The runtime directory of one runner: agent files, manifests, the pointer to the served one.

    Attributes:
        root: the directory; only its owner may enter.
    """

    def __init__(self, root: Path) -> None:
        """Use an empty directory that nobody else uses."""
        self.root = root
        self._shelf = Shelf(root, durable=False)
        self._manifests: dict[str, Manifest] = {}
        self._coming: Manifest | None = None
        self._putting = threading.Lock()
        self._choosing = threading.Lock()
        self._lock = (root / ".lock").open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        (root / ".lock").replace(root / "lock")  # only now it is seen by others
        self._shelf.make()

    @classmethod
    def create(cls, env: Mapping[str, str]) -> Store:
        """Make one in `XDG_RUNTIME_DIR`, or in the system's temporary folder.

        What runners left there that were killed is removed.

        Raises:
            OSError: there is no place to write to.
        """
        base = _place([env.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), _LAST_RESORT])
        _sweep(base)
        return cls(Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base)))

    @property
    def socket(self) -> Path:
        """Where the call socket is."""
        return self.root / "calls"

    def put(self, release: Release) -> None:
        """Write a release; afterwards all of it is there, or nothing names it.

        Any thread may do so, while another one removes releases.

        Raises:
            OSError: it cannot be written.
        """
        with self._putting:
            if release.id in self._manifests:
                return
            coming = Manifest.of(release, {})
            with self._choosing:  # from here on its agents are not removed with other releases
                self._coming = coming
            try:
                self._shelf.put(coming, release)
            except OSError:
                self._coming = None
                raise
            with self._choosing:
                self._manifests[release.id], self._coming = coming, None

    def point(self, release_id: str) -> None:
        """Name the served release, in one step.

        Raises:
            OSError: it cannot be written.
        """
        self._shelf.point(release_id)

    def file(self, release_id: str, agent: str) -> Path:
        """The file of an agent in a release.

        Raises:
            KeyError: the release is not here, or has no such agent.
        """
        return self._shelf.agent(self._manifests[release_id].agents[agent])

    def remove(self, release_id: str) -> None:
        """Remove a release, and the agents that no other release has."""
        with self._choosing:
            gone = self._manifests.pop(release_id, None)
            if gone is None:
                return
            others = [*self._manifests.values(), *filter(None, [self._coming])]
            kept = {digest for other in others for digest in other.agents.values()}
            with contextlib.suppress(OSError):  # the directory goes with the runner
                self._shelf.remove(release_id, set(gone.agents.values()) - kept)

    def destroy(self) -> None:
        """Remove the whole directory."""
        _clear(self.root)
        self._lock.close()


def _place(candidates: Iterable[str]) -> Path:
    for name in filter(None, candidates):
        if os.access(name, os.W_OK | os.X_OK) and len(os.fsencode(name)) <= _LONGEST_BASE:
            return Path(name)
    raise OSError(errno.ENOSPC, "no folder can be written to, or its path is too long")


def _sweep(base: Path) -> None:
    """Remove directories whose runner was killed: their lock is free."""
    for left in base.glob(f"{_PREFIX}*/lock"):
        with contextlib.suppress(OSError), left.open("rb") as lock:
            if os.fstat(lock.fileno()).st_uid != os.geteuid():
                continue
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _clear(left.parent)


def _clear(root: Path) -> None:
    """Remove a directory; its lock, by which it is found again, only after what is large."""
    for path in root.glob("*/"):
        shutil.rmtree(path, ignore_errors=True)
    shutil.rmtree(root, ignore_errors=True)
