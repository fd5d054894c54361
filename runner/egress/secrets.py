"""Secrets: where they are read, and which of them one request used."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from runner.egress.mask import Mask
from runner.secret import Secret

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_LARGEST: Final = 64 * 1024

_MOST: Final = 4096
"""Values that are remembered; of more, those that were read last."""


class Secrets:
    """Reads secrets by name: from the environment, else from a file of a folder.

    A file is read each time, so that a secret may change while calls are served. What was read once
    is remembered, so that nobody ever sees it, whoever sends it back.
    """

    def __init__(self, env: Mapping[str, str], folder: Path | None = None) -> None:
        """Take the environment, and the folder of `LKRUN_SECRETS_DIR` if there is one."""
        self._env = env
        self._folder = folder
        self._known: dict[Secret[str], None] = {}
        self._names: set[str] = set()

    def __repr__(self) -> str:
        """Say nothing of the values."""
        return "Secrets(***)"

    def get(self, name: str) -> Secret[str] | None:
        """Read a secret; None where there is none, or it is empty or cannot be read.

        The last line break of a file is not part of it.
        """
        if not _NAME.fullmatch(name):
            return None
        written = self._env.get(name) or self._file(name)
        if not written:
            return None
        value = Secret(written)
        self.learn([value])
        self._names.add(name)
        return value

    def learn(self, values: Iterable[Secret[str]]) -> None:
        """Remember more values that nobody may see, such as a token that a service gave."""
        for value in values:
            self._known.pop(value, None)
            self._known[value] = None
        for old in list(self._known)[: max(0, len(self._known) - _MOST)]:
            del self._known[old]

    def look_up(self, names: Iterable[str]) -> None:
        """Read those that were not read yet: what they hold is known from now on."""
        for name in names:
            if name not in self._names:
                self.get(name)

    def mask(self, others: Iterable[Secret[str]] = (), private: Iterable[Any] = ()) -> Mask:
        """What hides all values that are known, and these."""
        return Mask([*self._known, *others], private)

    def state(self, names: Iterable[str]) -> tuple[tuple[str, int, int], ...]:
        """What changes when a secret's file, or who may read it, does: name, time, size."""
        state: list[tuple[str, int, int]] = []
        folder = self._folder
        if folder is None:
            return ()
        for name in names:
            with contextlib.suppress(OSError):
                seen = (folder / name).stat()
                state.append((name, seen.st_ctime_ns, seen.st_size))
        return tuple(state)

    def _file(self, name: str) -> str | None:
        if self._folder is None:
            return None
        path = self._folder / name
        try:
            if not path.is_file() or path.stat().st_size > _LARGEST:
                return None
            text = path.read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            return None
        return text.removesuffix("\n").removesuffix("\r")


class Ledger(Mapping[str, str]):
    """The name `secrets` in the templates of one request; keeps account of what they use.

    A template reads the values themselves: what it renders is as secret as they are.

    Attributes:
        used: name → value, of those that were read.
        missing: names that were asked for in vain.
    """

    def __init__(self, secrets: Secrets) -> None:
        """Take where to read."""
        self._secrets = secrets
        self.used: dict[str, Secret[str]] = {}
        self.missing: list[str] = []

    def __getitem__(self, name: str) -> str:
        """Read one, the same value throughout the request."""
        value = self.used.get(name) or self._secrets.get(name)
        if value is None:
            if name not in self.missing:
                self.missing.append(name)
            raise KeyError(name)
        self.used[name] = value
        return value.reveal()

    def __iter__(self) -> Iterator[str]:
        """Yield nothing: secrets are asked for by name only."""
        return iter(())

    def __len__(self) -> int:
        """Count nothing, as `__iter__`."""
        return 0

    def __repr__(self) -> str:
        """Say nothing of the values."""
        return "Ledger(***)"
