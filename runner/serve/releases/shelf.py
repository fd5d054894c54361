"""Releases as files: one an agent, named by its content, and one manifest a release.

What has its name is never changed. All is written beside and renamed, a manifest after the agents
that it names: whoever is killed in between leaves files without a name, and no name without files.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from runner.link.release import Release

_FEW: Final = 8
"""Files that are flushed one by one; for more it is faster to flush all that the machine has."""

_DIGEST: Final = re.compile(r"[0-9a-f]{16}")
_ID: Final = re.compile(r"[0-9a-f]{12}")
_BESIDE: Final = "*.new"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is written of a release beside its agents.

    Attributes:
        agents: name → digest.
        about: all that the writer said of it.
    """

    id: str
    agents: dict[str, str]
    about: Mapping[str, Any]

    @classmethod
    def of(cls, release: Release, about: Mapping[str, Any]) -> Manifest:
        """The manifest of a release."""
        from runner.link.release import FORM

        said = {
            "form": FORM,
            "id": release.id,
            "time": f"{datetime.now(UTC):%FT%TZ}",
            **about,
            "agents": {name: agent.digest for name, agent in release.agents.items()},
            "process": release.process.model_dump(mode="json", by_alias=True, exclude_unset=True),
            "secrets": release.secrets,
            "external_agents": {
                name: external.model_dump(mode="json", by_alias=True, exclude_unset=True)
                for name, external in release.external_agents.items()
            },
            "campaigns": {
                name: campaign.model_dump(mode="json", by_alias=True, exclude_unset=True)
                for name, campaign in release.campaigns.items()
            },
        }
        return cls(release.id, said["agents"], said)

    @classmethod
    def read(cls, path: Path) -> Manifest | None:
        """The one in a file; None where it is not one."""
        try:
            said = json.loads(path.read_bytes())
            agents = dict(said["agents"])
            sound = said["id"] == path.stem and all(map(_DIGEST.fullmatch, agents.values()))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None
        return cls(path.stem, agents, said) if sound else None


class Shelf:
    """A folder of releases and the pointer to one of them.

    Writing is for one thread of one process at a time.

    Args:
        root: the folder.
        durable: whether what is written must be there after the machine lost its power.
    """

    def __init__(self, root: Path, *, durable: bool) -> None:
        """Use a folder; nothing is made yet."""
        self.root = root
        self._agents, self._releases = root / "agents", root / "releases"
        self._durable = durable
        self._whole: dict[str, tuple[int, int, int]] = {}

    def make(self) -> None:
        """Make the folder, for its owner alone.

        Raises:
            OSError: it cannot be made.
        """
        self.root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (self.root, self._agents, self._releases):
            path.mkdir(mode=0o700, exist_ok=True)

    def agent(self, digest: str) -> Path:
        """Where an agent is."""
        return self._agents / f"{digest}.json"

    def put(self, manifest: Manifest, release: Release) -> None:
        """Write a release; afterwards all of it is there, or nothing of it.

        Raises:
            OSError: it cannot be written.
        """
        missing = {digest: name for name, digest in manifest.agents.items() if not self.has(digest)}
        texts = {self.agent(d): release.agents[name].to_json for d, name in missing.items()}
        try:
            self._write(texts)
            described = partial(json.dumps, manifest.about)
            self._write({self._manifest(release.id): described})
        except OSError:
            for path in texts:  # a disk that is full must not stay full of what nobody can use
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
            raise

    def point(self, release_id: str) -> None:
        """Name one release, in one step.

        Raises:
            OSError: it cannot be written.
        """
        self._write({self._pointer: lambda: release_id + "\n"})

    def pointed(self) -> str | None:
        """The id that `point` named last; None where there is none."""
        try:
            name = self._pointer.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return None
        return name if _ID.fullmatch(name) else None

    def manifest(self, release_id: str) -> Manifest | None:
        """What is written of a release."""
        return Manifest.read(self._manifest(release_id))

    def manifests(self) -> list[Manifest]:
        """Those of all releases; files that are none are passed over."""
        try:
            names = sorted(p for p in self._releases.iterdir() if _ID.fullmatch(p.stem))
        except OSError:
            return []
        return [manifest for path in names if (manifest := Manifest.read(path)) is not None]

    def has(self, digest: str) -> bool:
        """Whether an agent is there, with the content that its name says."""
        try:
            state = os.stat(f"{self._agents}/{digest}.json")  # noqa: PTH116 - asked for thousands
            seen = state.st_ino, state.st_size, state.st_mtime_ns
            if self._whole.get(digest) == seen:
                return True
            actual = hashlib.sha256(self.agent(digest).read_bytes()).hexdigest()
        except OSError:
            return False
        if actual.startswith(digest):
            self._whole[digest] = seen
        return actual.startswith(digest)

    def complete(self, manifest: Manifest) -> bool:
        """Whether all agents of a release are there."""
        return all(map(self.has, manifest.agents.values()))

    def remove(self, release_id: str, agents: Iterable[str]) -> None:
        """Remove a release: first its name, then agents that no other one has.

        Raises:
            OSError: it cannot be removed.
        """
        self._manifest(release_id).unlink(missing_ok=True)
        for digest in agents:
            self.agent(digest).unlink(missing_ok=True)
            self._whole.pop(digest, None)

    def sweep(self, kept: Iterable[Manifest]) -> None:
        """Remove all that these releases do not need: what halves of writes left, and the rest.

        Raises:
            OSError: something cannot be removed.
        """
        known = list(kept)
        agents = {digest for manifest in known for digest in manifest.agents.values()}
        needed = {self._releases: {m.id for m in known}, self._agents: agents}  # as in `remove`
        for folder, names in needed.items():
            files = {f"{name}.json" for name in names}
            for name in set(os.listdir(folder)) - files:  # noqa: PTH208 - as in `has`
                (folder / name).unlink(missing_ok=True)
                self._whole.pop(name.removesuffix(".json"), None)
        for path in self.root.glob(_BESIDE):
            path.unlink(missing_ok=True)

    @property
    def _pointer(self) -> Path:
        return self.root / "current"

    def _manifest(self, release_id: str) -> Path:
        return self._releases / f"{release_id}.json"

    def _write(self, texts: Mapping[Path, Callable[[], str]]) -> None:
        """Write beside, then rename: nobody reads half a file."""
        beside = {path.with_name(f".{path.name}.new"): path for path in texts}
        try:
            for new, path in beside.items():
                with open(new, "w", encoding="utf-8", opener=_private) as file:
                    file.write(texts[path]())
            self._flush(list(beside))
            for new, path in beside.items():
                new.replace(path)
            self._flush({path.parent for path in texts})
        except OSError:
            for new in beside:
                with contextlib.suppress(OSError):
                    new.unlink(missing_ok=True)
            raise

    def _flush(self, paths: Iterable[Path]) -> None:
        """Return when these are on the disk."""
        known = list(paths) if self._durable else []
        if len(known) > _FEW:
            os.sync()
            return
        for path in known:
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
