"""Rows of a CSV file (RFC 4180), written by one at a time and each once."""

from __future__ import annotations

import csv
import errno
import fcntl
import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from runner.delivery.plan import Row

_BLOCK: Final = 64 * 1024


class RowError(Exception):
    """A row that could not be written; the text says why, in plain words."""


def append(
    folder: Path,
    row: Row,
    after: int | None = None,
    intend: Callable[[int], None] = lambda _: None,
) -> str | None:
    """Append a row; a new file begins with the names of the columns.

    Args:
        folder: the folder for data.
        row: the row.
        after: where an attempt began that may have been cut off: a row that stands there is not
            written again.
        intend: told where the row will begin, before it is written.

    Returns:
        Where the file had other columns: the name that it was given.

    Raises:
        RowError: the disk is full, or the file cannot be written.
    """
    path = folder / row.file
    try:
        with _locked(path):
            return _append(path, row, after, intend)
    except OSError as error:
        why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
        raise RowError(f"{row.file} could not be written: {why}") from None


def _append(path: Path, row: Row, after: int | None, intend: Callable[[int], None]) -> str | None:
    line, header = _line(row.cells.values()), _line(row.cells)
    if after is not None and _stands(path, line, after):
        return None
    moved = _moved_away(path, header)
    begin = path.stat().st_size if path.exists() else 0
    content = line if begin else header + line
    intend(begin or len(header))
    with path.open("ab") as file:
        try:
            _write_whole(file.fileno(), content)
            os.fsync(file.fileno())
        except OSError:
            os.ftruncate(file.fileno(), begin)  # half a row is no row
            raise
    return moved


def _write_whole(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode("utf-8", "replace")


def _stands(path: Path, line: bytes, after: int) -> bool:
    """Whether the row was written already."""
    try:
        with path.open("rb") as file:
            file.seek(after)
            return file.read(len(line)) == line
    except OSError:
        return False


def _moved_away(path: Path, header: bytes) -> str | None:
    """Give a file with other columns another name: its rows stay as they are."""
    if not path.exists() or path.stat().st_size == 0 or _header(path) == header:
        return None
    numbers = (n for n in range(1, 10_000) if not path.with_name(f"{path.stem}-{n}.csv").exists())
    other = path.with_name(f"{path.stem}-{next(numbers)}.csv")
    path.rename(other)
    return other.name


def _header(path: Path) -> bytes:
    """The first line, quoted line breaks and all."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        return _line(next(csv.reader(iter(lambda: file.readline(_BLOCK), "")), []))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Be the only one who writes the file, of all runners."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(f".{path.name}.lock")
    with lock.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
