"""The last good releases of a configuration folder, kept over restarts.

All runners of the folder on this machine share them. Where they lie follows the XDG base directory
specification: `LKRUN_STATE_DIR`, else `lkrun` in `XDG_STATE_HOME` or in `~/.local/state`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runner import __version__
from runner.diagnostics.nearest import nearest
from runner.serve.releases.shelf import Manifest, Shelf

if TYPE_CHECKING:
    from runner.link.release import Release

KEEP: Final = 10

_LONGEST_NAME: Final = 60

log = logging.getLogger("lkrun")


class ArchiveError(Exception):
    """A release that cannot be had; the text says why, in plain words."""


class UnknownReleaseError(ArchiveError):
    """No release, or more than one, has the id that was asked for."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A release that can be served again.

    Attributes:
        time: when it was kept, in UTC.
        changed: what was new in it then, in sentences.
        agents: their names.
        version: of the lkrun that wrote it.
    """

    id: str
    time: datetime
    changed: tuple[str, ...]
    agents: tuple[str, ...]
    version: str


class Archive:
    """The kept releases of one configuration folder.

    Nothing in it is secret: a release holds the names of secrets only. Reading never waits, and
    what is damaged is passed over.

    Attributes:
        folder: the configuration folder.
        root: where the archive is; made when something is kept.
        patience: seconds to wait for another runner that writes.
    """

    def __init__(self, folder: Path, root: Path, *, patience: float = 10.0) -> None:
        """Use a folder of its own; nothing is made yet."""
        self.folder = folder
        self.root = root
        self.patience = patience
        self._shelf = Shelf(root, durable=True)

    @classmethod
    def of(cls, folder: Path, env: Mapping[str, str], environment: str | None = None) -> Archive:
        """The one of a configuration folder, in one of its environments.

        The folder is known by its path; where a link on that path leads does not matter.

        Args:
            folder: which.
            env: the environment variables that say where state is kept.
            environment: one of its own besides the first: its releases lie apart.

        Raises:
            OSError: there is no home to keep anything in.
        """
        path = os.path.abspath(folder)  # noqa: PTH100 - `resolve` follows links
        apart = f"\0{environment}" if environment else ""
        digest = hashlib.sha256(os.fsencode(path + apart)).hexdigest()[:10]
        parts = [*Path(path).parts[-2:], *([environment] if environment else [])]
        readable = re.sub(r"[^A-Za-z0-9._]+", "-", "-".join(parts)).strip("-.")
        return cls(folder, _state(env) / f"{readable[-_LONGEST_NAME:]}-{digest}")

    @property
    def runners(self) -> Path:
        """Where the runners say how they are reached."""
        return self.root / "runners"

    def keep(self, release: Release, changed: Sequence[str], keep: int = KEEP) -> None:
        """Write a release as the newest and current one, and let the oldest go.

        One that is kept already becomes the newest.

        Args:
            release: one that is good to serve.
            changed: what is new in it, in sentences.
            keep: how many are kept, this one included.

        Raises:
            OSError: it cannot be written; what was kept before is kept on.
        """
        with self.locked():
            before = self._manifests()
            about = {
                "number": 1 + max(map(_number, before), default=0),
                "version": __version__,
                "changed": list(changed),
                "folder": os.path.abspath(self.folder),  # noqa: PTH100 - for people who look here
            }
            self._shelf.put(Manifest.of(release, about), release)
            self._shelf.point(release.id)
            with _told("what is old or half written cannot be removed"):
                whole = filter(self._shelf.complete, self._manifests())
                self._shelf.sweep(islice(whole, max(keep, 1)))

    def current(self) -> str | None:
        """The release that was kept last; where it is damaged, the newest that is not."""
        pointed = self._shelf.pointed()
        whole = [kept.id for kept in self.rows()]
        return pointed if pointed in whole else next(iter(whole), None)

    def rows(self) -> list[Kept]:
        """Those that can be served again, the newest first."""
        rows = []
        for manifest in self._manifests():
            if self._shelf.complete(manifest):
                rows.append(_kept(manifest))
            else:
                log.debug("release %s is damaged: an agent is missing", manifest.id)
        return rows

    def find(self, wanted: str) -> str:
        """The id of a kept release of which the id, or a beginning of it, was asked for.

        Raises:
            UnknownReleaseError: none or several are meant.
        """
        return pick(wanted, [manifest.id for manifest in self._manifests()])

    def load(self, wanted: str) -> Release:
        """A kept release, by its id or a beginning of it.

        Raises:
            UnknownReleaseError: none or several are meant.
            ArchiveError: it is damaged, or this version of lkrun cannot read it.
        """
        manifest = self._shelf.manifest(self.find(wanted))
        if manifest is None or not self._shelf.complete(manifest):
            raise ArchiveError(f"the files of the kept release '{wanted}' are damaged")
        try:
            return self._read(manifest)
        except OSError:
            words = f"the files of the kept release '{wanted}' cannot be read"
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            words = (
                f"the kept release '{wanted}' was written by lkrun {_kept(manifest).version}, "
                f"and lkrun {__version__} cannot read it"
            )
        raise ArchiveError(words)

    def _read(self, manifest: Manifest) -> Release:
        # pydantic and the models: only who goes back pays for them
        from runner.link.release import FORM, AgentRelease, Release
        from runner.schema.campaigns import Campaign
        from runner.schema.external_agents import ExternalAgent
        from runner.schema.process import Process

        said = manifest.about
        if said["form"] != FORM:
            raise ValueError(said["form"])
        agents = {
            name: AgentRelease.from_json(self._shelf.agent(digest).read_bytes())
            for name, digest in manifest.agents.items()
        }
        secrets = {name: tuple(map(str, places)) for name, places in said["secrets"].items()}
        external = {
            name: ExternalAgent.model_validate(spec)
            for name, spec in said.get("external_agents", {}).items()
        }
        campaigns = {
            name: Campaign.model_validate(spec) for name, spec in said.get("campaigns", {}).items()
        }
        return Release(
            agents=agents,
            external_agents=external,
            campaigns=campaigns,
            process=Process.model_validate(said["process"]),
            secrets=secrets,
        )

    def _manifests(self) -> list[Manifest]:
        """Those of all releases, the newest first."""
        if not self._is_ours():
            return []
        return sorted(self._shelf.manifests(), key=_number, reverse=True)

    def _is_ours(self) -> bool:
        """Whether nobody else can have written it."""
        try:
            return self.root.stat().st_uid in {os.geteuid(), 0}
        except OSError:
            return False

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Alone among the runners of the folder.

        Raises:
            OSError: there is no place, or somebody holds the lock for too long.
        """
        self._shelf.make()
        if not self._is_ours():
            raise OSError(errno.EPERM, f"{self.root} belongs to somebody else")
        with (self.root / "lock").open("wb") as lock:
            deadline = time.monotonic() + self.patience
            while not _took(lock.fileno()):
                if time.monotonic() > deadline:
                    words = f"another runner writes to {self.root} for too long"
                    raise OSError(errno.ETIMEDOUT, words)
                time.sleep(0.01)
            yield


def pick(wanted: str, ids: Iterable[str]) -> str:
    """The one id that is, or begins with, what was asked for.

    Raises:
        UnknownReleaseError: none or several do.
    """
    known = list(dict.fromkeys(ids))
    meant = [i for i in known if wanted and i.startswith(wanted.lower())]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise UnknownReleaseError(
            f"more than one kept release begins with '{wanted}': {', '.join(meant)}"
        )
    if not known:
        raise UnknownReleaseError(f"there is no kept release '{wanted}': none is kept yet")
    beginnings = {i[: len(wanted)]: i for i in known}
    near = nearest(wanted.lower(), beginnings) if wanted else None
    hint = f"; did you mean '{beginnings[near]}'?" if near else ""
    raise UnknownReleaseError(
        f"there is no kept release '{wanted}'; the kept ones are {', '.join(known)}{hint}"
    )


def _state(env: Mapping[str, str]) -> Path:
    if own := env.get("LKRUN_STATE_DIR"):
        return Path(os.path.abspath(own))  # noqa: PTH100 - `resolve` follows links
    base = Path(env.get("XDG_STATE_HOME") or "")
    if not base.is_absolute():  # the specification: a relative path is ignored
        home = env.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 - Path.home raises
        base = Path(home, ".local", "state")
    if not base.is_absolute():
        raise OSError(errno.ENOENT, "there is no home folder; set LKRUN_STATE_DIR")
    return base / "lkrun"


def _number(manifest: Manifest) -> int:
    """The place in the order of keeping; clocks may go back."""
    number = manifest.about.get("number")
    return number if isinstance(number, int) else 0


def _kept(manifest: Manifest) -> Kept:
    said = manifest.about
    try:
        time = datetime.fromisoformat(str(said.get("time"))).astimezone(UTC)
    except (ValueError, OverflowError):
        time = datetime.fromtimestamp(0, UTC)
    changed = said.get("changed")
    return Kept(
        manifest.id,
        time,
        tuple(map(str, changed)) if isinstance(changed, list) else (),
        tuple(manifest.agents),
        str(said.get("version")),
    )


def _took(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _told(words: str) -> Iterator[None]:
    """What is not worth failing for goes to the log."""
    try:
        yield
    except OSError as error:
        log.debug("%s: %s", words, error)
