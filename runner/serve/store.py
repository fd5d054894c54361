"""Where served releases lie: immutable files, one an agent, named by their content."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

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
        self._manifests: dict[str, dict[str, str]] = {}
        for name in ("agents", "releases"):
            (root / name).mkdir(mode=0o700)
        self._lock = (root / ".lock").open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        (root / ".lock").replace(root / "lock")  # only now it is seen by others

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

        Raises:
            OSError: it cannot be written.
        """
        manifest = {}
        for name, agent in release.agents.items():
            text = agent.to_json()
            manifest[name] = agent.digest
            if not self._agent(agent.digest).exists():
                _write(self._agent(agent.digest), text)
        described = {"id": release.id, "time": f"{datetime.now(UTC):%FT%TZ}", "agents": manifest}
        _write(self._manifest(release.id), json.dumps(described))
        self._manifests[release.id] = manifest

    def point(self, release_id: str) -> None:
        """Name the served release, in one step.

        Raises:
            OSError: it cannot be written.
        """
        _write(self.root / "current", release_id + "\n")

    def file(self, release_id: str, agent: str) -> Path:
        """The file of an agent in a release.

        Raises:
            KeyError: the release is not here, or has no such agent.
        """
        return self._agent(self._manifests[release_id][agent])

    def remove(self, release_id: str) -> None:
        """Remove a release, and the agents that no other release has."""
        gone = self._manifests.pop(release_id, {})
        kept = {digest for manifest in self._manifests.values() for digest in manifest.values()}
        self._manifest(release_id).unlink(missing_ok=True)
        for digest in set(gone.values()) - kept:
            self._agent(digest).unlink(missing_ok=True)

    def destroy(self) -> None:
        """Remove the whole directory."""
        shutil.rmtree(self.root, ignore_errors=True)
        self._lock.close()

    def _agent(self, digest: str) -> Path:
        return self.root / "agents" / f"{digest}.json"

    def _manifest(self, release_id: str) -> Path:
        return self.root / "releases" / f"{release_id}.json"


def _place(candidates: Iterable[str]) -> Path:
    for name in filter(None, candidates):
        if os.access(name, os.W_OK | os.X_OK) and len(os.fsencode(name)) <= _LONGEST_BASE:
            return Path(name)
    raise OSError(errno.ENOSPC, "no folder can be written to, or its path is too long")


def _write(path: Path, text: str) -> None:
    """Write beside, then rename: nobody reads half a file."""
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def _sweep(base: Path) -> None:
    """Remove directories whose runner was killed: their lock is free."""
    for left in base.glob(f"{_PREFIX}*/lock"):
        with contextlib.suppress(OSError), left.open("rb") as lock:
            if os.fstat(lock.fileno()).st_uid != os.geteuid():
                continue
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left.parent, ignore_errors=True)
