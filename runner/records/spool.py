"""What is not in the database yet, on the disk: it outlives the process, whatever ends that."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runner.delivery.owned import OwnedFile
from runner.records.notes import Note

FOLDER: Final = "spool"
"""Its place below the folder for data."""

LARGEST: Final = 256 * 1024 * 1024
"""Bytes that wait at most: some 50,000 calls."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS sessions (
    session TEXT PRIMARY KEY, state TEXT NOT NULL, owner TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS notes (
    n INTEGER PRIMARY KEY, session TEXT NOT NULL, note TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS of_session ON notes (session, n);
CREATE INDEX IF NOT EXISTS by_state ON sessions (state, owner, at);
"""
_OPEN, _READY, _REFUSED = "open", "ready", "refused"


@dataclass(frozen=True, slots=True)
class Noted:
    """Notes of a session that are to be written in one go.

    Attributes:
        over: whether no more will come: it goes to the database.
    """

    session: str
    notes: tuple[Note, ...]
    over: bool = False


class RecordSpool(OwnedFile):
    """Keeps notes until they are in the database.

    Attributes:
        largest: bytes of its file at most.
    """

    def __init__(self, data_dir: Path, largest: int = LARGEST) -> None:
        # a wait for the disk would only help against a power cut, and costs each turn one
        super().__init__(data_dir / FOLDER, "records.db", _TABLES, "NORMAL")
        self.largest = largest

    def add(self, noted: Iterable[Noted]) -> int:
        """Keep notes.

        Returns:
            How many there was no room for.
        """
        given = list(noted)
        full, now = self._full(), time.time()
        with self._writing() as db:
            for each in given:
                if each.notes and not full:
                    db.execute(
                        "INSERT OR IGNORE INTO sessions VALUES (?, 'open', ?, ?)",
                        (each.session, self.owner, now),
                    )
                    db.executemany(
                        "INSERT INTO notes (session, note) VALUES (?, ?)",
                        [(each.session, _line(line)) for line in each.notes],
                    )
                if each.over:
                    db.execute(
                        "UPDATE sessions SET state = 'ready', at = ? WHERE session = ?",
                        (now, each.session),
                    )
        return sum(len(each.notes) for each in given) if full else 0

    def _full(self) -> bool:
        """Whether the file holds as much as it may; what is free in it does not count."""
        [(pages,)], [(free,)], [(size,)] = (
            self._rows(f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size")
        )
        return bool((pages - free) * size >= self.largest)

    def ready(self, most: int) -> dict[str, list[Note]]:
        """Sessions of this runner that are over, the first to end first, with their notes."""
        sessions = self._rows(
            "SELECT session FROM sessions WHERE state = 'ready' AND owner = ? ORDER BY at LIMIT ?",
            self.owner, most,
        )  # fmt: skip
        return {session: self.notes(session) for (session,) in sessions}

    def notes(self, session: str) -> list[Note]:
        """All that is noted of one."""
        rows = self._rows("SELECT note FROM notes WHERE session = ? ORDER BY n", session)
        return [json.loads(line) for (line,) in rows]

    def named(self, beginning: str) -> list[Note]:
        """All that is noted in sessions whose names begin so, of all runners."""
        rows = self._rows("SELECT note FROM notes WHERE session GLOB ? || '*'", beginning)
        return [json.loads(line) for (line,) in rows]

    def stored(self, sessions: dict[str, list[Note]]) -> None:
        """They are in the database: forget them, but what has come since."""
        with self._writing() as db:
            for session, stored in sessions.items():
                db.execute(
                    "DELETE FROM notes WHERE n IN "
                    "(SELECT n FROM notes WHERE session = ? ORDER BY n LIMIT ?)",
                    (session, len(stored)),
                )
                db.execute(
                    "DELETE FROM sessions WHERE session = ? AND NOT EXISTS "
                    "(SELECT 1 FROM notes WHERE session = ?)",
                    (session, session),
                )

        if not self._rows("SELECT 1 FROM sessions LIMIT 1"):
            self._wipe()

    def refused(self, session: str) -> None:
        """The database does not take this one: leave it here, where people may look at it."""
        with self._writing() as db:
            db.execute("UPDATE sessions SET state = ? WHERE session = ?", (_REFUSED, session))

    def counts(self) -> dict[str, int]:
        """State → how many sessions of all runners."""
        rows = self._rows("SELECT state, count(*) FROM sessions GROUP BY state")
        return {"open": 0, "ready": 0, "refused": 0, **dict(rows)}

    def adopt(self) -> list[str]:
        """Take over what runners have left that are no more; gives the sessions that were on."""
        owners = self._rows("SELECT DISTINCT owner FROM sessions WHERE state IN ('open', 'ready')")
        dead = self._dead(owner for (owner,) in owners)
        return [session for owner in dead for session in self._take_over(owner)]

    def _take_over(self, owner: str) -> list[str]:
        with self._writing() as db:
            left = db.execute(
                "SELECT session FROM sessions WHERE owner = ? AND state = 'open'", (owner,)
            ).fetchall()
            db.execute(
                "UPDATE sessions SET owner = ?, state = 'ready' WHERE owner = ? AND state = 'open'",
                (self.owner, owner),
            )
            db.execute(
                "UPDATE sessions SET owner = ? WHERE owner = ? AND state = 'ready'",
                (self.owner, owner),
            )
        return [session for (session,) in left]


def _line(noted: Note) -> str:
    return json.dumps(noted, ensure_ascii=True, default=str)
