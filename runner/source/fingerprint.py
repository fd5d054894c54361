"""Whether a folder changed: the stat of its files, through links, without reading them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from runner.source.walk import walk

Fingerprint: TypeAlias = tuple[tuple[str, int, int, int], ...]
"""Path, modification time in nanoseconds, size and inode of each file, sorted; zeros for what is not there."""


def fingerprint(root: Path, texts: Iterable[str] = ()) -> Fingerprint:
    """Return what changes when a YAML file below `root`, or one of `texts` (paths below it), changes.

    It says nothing of a file whose content was replaced within the resolution of the file system's clock and kept its
    size and inode; content hashes decide.
    """
    base = os.fspath(root)
    files = {found.path: found.location for found in walk(base)}
    for path in texts:
        files.setdefault(path, os.path.join(base, *path.split("/")))
    return tuple((path, *_state(location)) for path, location in sorted(files.items()))


def _state(location: str) -> tuple[int, int, int]:
    try:
        state = os.stat(location)
    except (OSError, ValueError):
        return 0, 0, 0
    return state.st_mtime_ns, state.st_size, state.st_ino
