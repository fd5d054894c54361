"""Whether a folder changed: the stat of its files, through links, without reading them."""

# os.path: a thousand files are looked at every two seconds, and pathlib is slow
# ruff: noqa: PTH116, PTH118

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from runner.source.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Fingerprint: TypeAlias = tuple[tuple[str, int, int, int, int], ...]
"""Path, times of content and of rights in nanoseconds, size, inode of each file; zeros for none."""


def fingerprint(root: Path, texts: Iterable[str] = ()) -> Fingerprint:
    """Return what changes with a YAML file below `root`, or one of `texts` (paths below it).

    It misses a change of content within one tick of the file system's clock that keeps size and
    inode; content hashes decide.
    """
    base = os.fspath(root)
    files = {each.path: each.location for each in walk(base)}
    for path in texts:
        files.setdefault(path, os.path.join(base, *path.split("/")))
    return tuple((path, *_state(location)) for path, location in sorted(files.items()))


def _state(location: str) -> tuple[int, int, int, int]:
    try:
        state = os.stat(location)
    except (OSError, ValueError):
        return 0, 0, 0, 0
    # the second changes with who may read it, too
    return state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino
