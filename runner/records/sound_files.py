"""The files with the sound of calls: written by their processes, and taken over with the record."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path
from typing import Final

FOLDER: Final = "recordings"
"""Its place below the folder for data."""

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_PART: Final = ".part"
_PAGE: Final = b"OggS"
_HEADERS: Final = 2
"""Pages of Ogg that hold no sound."""

_FORGOTTEN: Final = 86_400.0
"""Seconds after which a file that nobody writes, and no record has taken, is deleted."""


def unfinished(data_dir: Path, session: str) -> Path | None:
    """Where the process of a call writes; None where its id is no name of a file."""
    if not _NAME.fullmatch(session):
        return None
    return data_dir / FOLDER / f"{session}{_PART}"


def place(data_dir: Path, name: str) -> Path:
    """The file of a record, by the name that stands in it."""
    return data_dir / FOLDER / Path(name).name


def take(data_dir: Path, session: str) -> str | None:
    """Take over what the process of a call has left, whole or not; gives the file's name.

    Raises:
        OSError: it cannot be read or renamed.
    """
    part = unfinished(data_dir, session)
    if part is None:
        return None
    whole = part.with_suffix(".ogg")
    if part.is_file():
        if _sounds(part):
            part.replace(whole)
        else:
            part.unlink()
    return whole.name if whole.is_file() else None


def _sounds(file: Path) -> bool:
    """Whether there is any sound in it: not where a call ended before the first was written."""
    with file.open("rb") as opened:
        return opened.read(1 << 16).count(_PAGE) > _HEADERS


def forget_unfinished(data_dir: Path) -> None:
    """Delete what was begun and belongs to no call any more."""
    for part in (data_dir / FOLDER).glob(f"*{_PART}"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _FORGOTTEN:
                part.unlink()
