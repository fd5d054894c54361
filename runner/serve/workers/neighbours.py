"""The runners of this machine that serve the same folder: which of them have died.

Each runner holds a lock on its file in the archive of the folder (`control.Enlisted`), which the
system frees at the moment of its death. LiveKit notices only after 20 s that an agent is gone
without a word.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runner.serve.control import alive

if TYPE_CHECKING:
    from runner.serve.releases.archive import Archive

RUNNER: Final = "lkrun.runner"
"""The attribute of an agent's participant that says which runner it belongs to."""

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


class Neighbours:
    """Looks who is there.

    Attributes:
        own: how this runner is known to the others; None where they cannot know it.
    """

    def __init__(self, archive: Archive | None) -> None:
        self._archive = archive
        self._alive: frozenset[str] = frozenset()
        self._place: str | None = None
        self.own: str | None = None

    def enlisted(self, file: Path) -> None:
        """Note the file of this runner, by which the others find it."""
        self.look()
        if self._place is not None:
            self.own = f"{self._place}-{file.name}"

    def look(self) -> bool:
        """See who is there; says whether somebody has died since the last look. May wait."""
        if self._archive is None:
            return False
        with contextlib.suppress(OSError):
            self._place = self._place or _place(self._archive.runners)
            before, self._alive = self._alive, alive(self._archive)
            return bool(before - self._alive)
        return False

    def is_dead(self, runner: str | None) -> bool:
        """Whether a runner was one of this machine and folder, and is no more."""
        if runner is None or self.own is None or self._place is None:
            return False
        place, _, name = runner.partition("-")
        return place == self._place and name not in self._alive and runner != self.own


def _place(folder: Path) -> str:
    """What is one and the same only for those who share this very folder of this machine.

    Two containers may have folders of the same name, and two machines disks of the same number.

    Raises:
        OSError: there is no such folder.
    """
    state = folder.stat()
    try:
        machine = _BOOT.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        machine = f"{socket.gethostname()} {os.uname().machine}"
    text = f"{machine} {state.st_dev} {state.st_ino}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]
