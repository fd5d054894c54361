"""A SQLite file that all runners of a folder for data share, and that outlives each of them.

Each row belongs to one of them, which holds a lock as long as it lives; what a dead one has left,
another takes over.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal


class OwnedFile:
    """A database beside the locks of those that write it. Threads may share it.

    Args:
        folder: made where it is not there.
        name: of the file.
        tables: the statements that make its tables.
        synchronous: `FULL`: what was written outlives a power cut; `NORMAL`: it outlives the
            process, and costs no wait for the disk.

    Attributes:
        owner: the name of this runner in the rows.

    Raises:
        OSError: there is no place for it.
        sqlite3.Error: what is there is no such database.
    """

    def __init__(
        self, folder: Path, name: str, tables: str, synchronous: Literal["FULL", "NORMAL"] = "FULL"
    ) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self.owner = uuid.uuid4().hex
        self._held = _hold(self._lock(self.owner))
        self._guard = threading.Lock()
        path = self._folder / name
        try:
            self._db = sqlite3.connect(
                path, timeout=30.0, check_same_thread=False, isolation_level=None
            )
            path.chmod(0o600)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(f"PRAGMA synchronous={synchronous}")
            # what was said may stand in it unmasked until a call is over: then it is gone
            self._db.execute("PRAGMA secure_delete=ON")
            self._db.executescript(tables)
        except BaseException:
            self._leave()
            raise

    def close(self) -> None:
        """Leave what is still here to others."""
        with self._guard:
            self._db.close()
        self._leave()

    def _leave(self) -> None:
        self._lock(self.owner).unlink(missing_ok=True)
        self._held.close()

    def _lock(self, owner: str) -> Path:
        return self._folder / f"{owner}.lock"

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._guard:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # where the disk is full, SQLite has given it up itself
                    self._db.execute("ROLLBACK")
                raise

    def _wipe(self) -> None:
        """Leave nothing in the log of what was written that is not in the file any more."""
        self._rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self._guard:
            return self._db.execute(query, values).fetchall()

    def _dead(self, owners: Iterable[str]) -> list[str]:
        """Those of some owners that are no more."""
        return [each for each in owners if each != self.owner and self._is_dead(each)]

    def _is_dead(self, owner: str) -> bool:
        lock = self._lock(owner)
        try:
            _hold(lock, create=False).close()
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False
        lock.unlink(missing_ok=True)
        return True


def _hold(path: Path, *, create: bool = True) -> IO[bytes]:
    flags = os.O_RDWR | (os.O_CREAT if create else 0)
    held = os.fdopen(os.open(path, flags, 0o600), "r+b")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise
    return held
