"""What is still to be sent, on the disk: it outlives the process, whatever ends that.

One SQLite database for all runners that share a folder for data: see `owned`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from runner.delivery.letters import JOB, OF_JOBS, Letter
from runner.delivery.owned import OwnedFile

FOLDER: Final = "outbox"
"""Its place below the folder for data."""

KEPT_FOR: Final = 30 * 86_400.0
"""Seconds for which it is remembered that something has been sent."""

State = Literal["waiting", "sent", "given_up"]

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS releases (digest TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS calls (
    session TEXT PRIMARY KEY, agent TEXT NOT NULL, digest TEXT NOT NULL, report TEXT NOT NULL,
    open INTEGER NOT NULL, owner TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    id TEXT PRIMARY KEY, session TEXT NOT NULL, place INTEGER NOT NULL, kind TEXT NOT NULL,
    target TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, due REAL NOT NULL,
    error TEXT NOT NULL, intent INTEGER, owner TEXT NOT NULL, at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS due ON deliveries (state, owner, due);
"""
_COLUMNS: Final = (
    "d.id, d.session, c.agent, d.place, d.kind, d.target, d.state, d.attempts, d.due, d.error, "
    "d.intent, d.at, d.series, d.content"
)
_INSERT: Final = (
    "INSERT OR IGNORE INTO deliveries (id, session, place, kind, target, state, attempts, due, "
    "error, intent, owner, at, series, content) VALUES"
)
_ADDED: Final = ("series", "content")
"""Columns that a file of an older version lacks."""

_IN_TURN: Final = (
    "NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.series = d.series AND e.series != '' "
    "AND e.state = 'waiting' AND e.place < d.place)"
)
"""Nothing of the same series waits that comes before it."""

_OF_EVENTS: Final = "/events"
"""Behind the session of a call: the row that its events hang on, which no report ever fills."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that is to be sent, has been, or could not be.

    Attributes:
        id: the same over all attempts.
        place: which of the sends of its call it is.
        kind: `webhook`, `event`, `csv`, `tool` or `job`.
        target: where it goes, without secrets.
        due: when it is tried next, in seconds since 1970.
        error: why the last attempt failed.
        intent: of a row: where it was about to be written.
        series: those of one arrive in order; empty: for itself.
        content: of an event: what is sent, as JSON.
    """

    id: str
    session: str
    agent: str
    place: int
    kind: str
    target: str
    state: State
    attempts: int
    due: float
    error: str
    intent: int | None
    at: float
    series: str = ""
    content: str = ""

    @property
    def call(self) -> str:
        """The session of the call, or the job, that it is of."""
        return self.session.removesuffix(_OF_EVENTS).removesuffix(OF_JOBS)

    def to_data(self) -> dict[str, Any]:
        """The same for people and programs."""
        return {
            "id": self.id,
            "kind": self.kind,
            "agent": self.agent,
            "session_id": None if self.kind == JOB else self.call,
            "job_id": self.call if self.kind == JOB else None,
            "webhook_id": None if self.kind in ("csv", "tool") else self.id,
            "url": None if self.kind in ("csv", "tool") else self.target,
            "target": self.target,
            "state": self.state,
            "attempts": self.attempts,
            "error": self.error or None,
        }


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """Something that an address is told.

    Attributes:
        number: its place in the series.
        target: where it goes, without secrets.
    """

    id: str
    series: str
    number: int
    target: str
    content: str


class Spool(OwnedFile):
    """Keeps reports of calls, and what is to be sent of them. Threads may share it.

    Raises:
        OSError: there is no place for it.
        sqlite3.Error: what is there is no such database.
    """

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir / FOLDER, "outbox.db", _TABLES)
        try:
            self._grow()
        except BaseException:
            self.close()
            raise

    def _grow(self) -> None:
        """Bring a file of an older version up to date."""
        with self._writing() as db:
            known = {row[1] for row in db.execute("PRAGMA table_info(deliveries)")}
            for name in _ADDED:
                if name not in known:
                    db.execute(f"ALTER TABLE deliveries ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")
            db.execute("CREATE INDEX IF NOT EXISTS series ON deliveries (series, place)")

    def note(self, session: str, agent: str, release: tuple[str, str], report: str) -> None:
        """Keep what is known of a call that goes on; `release` is a digest and its content."""
        with self._writing() as db:
            db.execute("INSERT OR IGNORE INTO releases VALUES (?, ?)", release)
            db.execute(
                "INSERT INTO calls VALUES (?, ?, ?, ?, 1, ?, ?) ON CONFLICT (session) DO UPDATE "
                "SET report = excluded.report, digest = excluded.digest WHERE open = 1",
                (session, agent, release[0], report, self.owner, time.time()),
            )

    def finish(self, session: str, report: str, sends: Mapping[int, tuple[str, str, str]]) -> bool:
        """Keep what is to be sent of a call that is over: place → id, kind, target.

        Returns:
            Whether this was new: a call is finished once.
        """
        now = time.time()
        with self._writing() as db:
            done = db.execute(
                "UPDATE calls SET report = ?, open = 0, at = ? WHERE session = ? AND open = 1",
                (report, now, session),
            )
            if not done.rowcount:
                return False
            db.executemany(
                f"{_INSERT} (?, ?, ?, ?, ?, 'waiting', 0, ?, '', NULL, ?, ?, '', '')",
                [
                    (name, session, place, kind, target, now, self.owner, now)
                    for place, (name, kind, target) in sends.items()
                ],
            )
        if not self._rows("SELECT 1 FROM calls WHERE open = 1 LIMIT 1"):
            self._wipe()
        return True

    def put(
        self, session: str, agent: str, release: tuple[str, str], events: Sequence[QueuedEvent]
    ) -> None:
        """Keep what addresses are told of a call; `release` is a digest and its content."""
        now, row = time.time(), session + _OF_EVENTS
        with self._writing() as db:
            db.execute("INSERT OR IGNORE INTO releases VALUES (?, ?)", release)
            db.execute(
                "INSERT INTO calls VALUES (?, ?, ?, '{}', 0, ?, ?) "
                "ON CONFLICT (session) DO UPDATE SET at = excluded.at",
                (row, agent, release[0], self.owner, now),
            )
            db.executemany(
                f"{_INSERT} (?, ?, ?, 'event', ?, 'waiting', 0, ?, '', NULL, ?, ?, ?, ?)",
                [
                    (e.id, row, e.number, e.target, now, self.owner, now, e.series, e.content)
                    for e in events
                ],
            )

    def put_letter(self, letter: Letter) -> None:
        """Keep a message about a job, and what came of it already."""
        now, row = time.time(), letter.job + OF_JOBS
        with self._writing() as db:
            db.execute("INSERT OR IGNORE INTO releases VALUES (?, ?)", letter.release)
            db.execute(
                "INSERT INTO calls VALUES (?, ?, ?, '{}', 0, ?, ?) "
                "ON CONFLICT (session) DO UPDATE SET at = excluded.at",
                (row, letter.agent, letter.release[0], self.owner, now),
            )
            db.execute(
                f"{_INSERT} (?, ?, 0, ?, ?, ?, ?, ?, ?, NULL, ?, ?, '', ?)",
                (
                    letter.id, row, JOB, letter.url, letter.state, letter.attempts, now,
                    letter.error, self.owner, now, letter.content,
                ),
            )  # fmt: skip

    def call(self, session: str) -> tuple[str, str] | None:
        """The content of the release of a call, and its report."""
        rows = self._rows(
            "SELECT content, report FROM calls JOIN releases USING (digest) WHERE session = ?",
            session,
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def due(self, now: float, most: int) -> list[Delivery]:
        """Those of this runner that are to be tried now."""
        return self._deliveries(
            f"d.state = 'waiting' AND d.owner = ? AND d.due <= ? AND {_IN_TURN} "
            "ORDER BY d.due, d.place LIMIT ?",
            self.owner, now, most,
        )  # fmt: skip

    def all(self, most: int = 1000) -> list[Delivery]:
        """All that are known, the newest first."""
        return self._deliveries("1 ORDER BY d.at DESC, d.session, d.place LIMIT ?", most)

    def get(self, name: str) -> Delivery | None:
        """One of them."""
        return next(iter(self._deliveries("d.id = ?", name)), None)

    def _deliveries(self, condition: str, *values: Any) -> list[Delivery]:
        query = (
            f"SELECT {_COLUMNS} FROM deliveries d JOIN calls c USING (session) WHERE {condition}"  # noqa: S608 - all of it is written here
        )
        return [Delivery(*row) for row in self._rows(query, *values)]

    def counts(self) -> dict[tuple[str, str], int]:
        """Kind and state → how many there are."""
        rows = self._rows("SELECT kind, state, count(*) FROM deliveries GROUP BY kind, state")
        return {(kind, state): count for kind, state, count in rows}

    def intend(self, name: str, place: int) -> None:
        """Note where a row is about to be written."""
        with self._writing() as db:
            db.execute("UPDATE deliveries SET intent = ? WHERE id = ?", (place, name))

    def tried(self, name: str, state: State, error: str = "", due: float = 0.0) -> None:
        """Note what came of an attempt."""
        with self._writing() as db:
            db.execute(
                "UPDATE deliveries SET state = ?, attempts = attempts + 1, error = ?, due = ? "
                "WHERE id = ?",
                (state, error, due, name),
            )

    def replay(self, name: str) -> bool:
        """Try one again that was given up; whether there is such a one."""
        with self._writing() as db:
            done = db.execute(
                "UPDATE deliveries SET state = 'waiting', attempts = 0, due = 0, error = '' "
                "WHERE id = ? AND state = 'given_up'",
                (name,),
            )
            return bool(done.rowcount)

    def adopt(self) -> list[str]:
        """Take over what runners have left that are no more; gives the calls that were on."""
        owners = self._rows(
            "SELECT owner FROM calls WHERE open = 1 UNION "
            "SELECT owner FROM deliveries WHERE state = 'waiting'"
        )
        dead = self._dead(owner for (owner,) in owners)
        return [session for owner in dead for session in self._take_over(owner)]

    def _take_over(self, owner: str) -> list[str]:
        with self._writing() as db:
            db.execute("UPDATE deliveries SET owner = ? WHERE owner = ?", (self.owner, owner))
            on = db.execute("SELECT session FROM calls WHERE open = 1 AND owner = ?", (owner,))
            sessions = [row[0] for row in on.fetchall()]
            db.execute("UPDATE calls SET owner = ? WHERE owner = ?", (self.owner, owner))
        return sessions

    def forget(self) -> None:
        """Drop what was sent long ago."""
        before = time.time() - KEPT_FOR
        with self._writing() as db:
            db.execute("DELETE FROM deliveries WHERE state = 'sent' AND at < ?", (before,))
            db.execute(
                "DELETE FROM calls WHERE open = 0 AND at < ? AND session NOT IN "
                "(SELECT session FROM deliveries)",
                (before,),
            )
            db.execute("DELETE FROM releases WHERE digest NOT IN (SELECT digest FROM calls)")


def written(data: Mapping[str, Any]) -> str:
    """Data as the spool keeps it."""
    return json.dumps(data, ensure_ascii=False, default=str)
