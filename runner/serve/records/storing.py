"""Sessions that are over on their way to the database: in a thread of its own, again and again."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from runner.records import entry, sound_files, store
from runner.records.database import Database, DatabaseError
from runner.records.entry import Entry

if TYPE_CHECKING:
    from runner.records.entry import Stored
    from runner.records.notes import Note
    from runner.records.spool import RecordSpool
    from runner.serve.records.place import Place

_AT_ONCE: Final = 100
"""Sessions of one transaction."""

_FIRST, _LONGEST = 1.0, 15.0
"""Seconds until a database that did not answer is asked again, at first and at most."""

_HOUR: Final = 3600.0
"""Seconds between looks for what is too old; and for what dead runners have left, half a minute."""

_ADOPTING: Final = 30.0
_SOUNDING: Final = 5.0
"""Seconds after which something has been heard in a call."""


class Storing:
    """Brings sessions from the spool to the database.

    Args:
        spool: where they are.
        place: where to.
        trouble: told, from its thread, why it cannot be done, and None when it can again.
        stored: told, from its thread, the names of sessions that are in the database.

    Attributes:
        up: whether the database took what it was given last.
        count: records that it has taken.
        silent: those whose sound was to be kept, and was not.
    """

    def __init__(
        self,
        spool: RecordSpool,
        place: Place,
        trouble: Callable[[DatabaseError | None], None],
        stored: Callable[[list[str]], None],
    ) -> None:
        """Begin."""
        self._spool, self._place = spool, place
        self._trouble, self._stored = trouble, stored
        self._wake, self._ending = threading.Event(), threading.Event()
        self._wait = _FIRST
        self._next_adoption = self._next_forgetting = 0.0
        self.up = True
        self.count = self.silent = 0
        self._thread = threading.Thread(target=self._run, name="records-database", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    def stop(self, within: float) -> None:
        """Try once more, and end; what is left is for the next runner."""
        self._ending.set()
        self._wake.set()
        self._thread.join(within)

    def _run(self) -> None:
        while True:
            self._wake.clear()
            ending = self._ending.is_set()
            self._attempt()
            if ending:
                return
            if self.up:
                self._wake.wait(_ADOPTING)
            else:  # whatever is new meanwhile waits as well
                self._ending.wait(self._wait)
                self._wait = min(2 * self._wait, _LONGEST)

    def _attempt(self) -> None:
        try:
            if time.monotonic() >= self._next_adoption:
                self._next_adoption = time.monotonic() + _ADOPTING
                self._spool.adopt()
            while ready := self._spool.ready(_AT_ONCE):
                self._store(ready)
                self._good()
            self._forget()
        except DatabaseError as error:
            self.up = False
            self._trouble(error)
        except (OSError, sqlite3.Error) as error:
            self.up = False
            self._trouble(DatabaseError(f"what waits cannot be read: {error}"))

    def _good(self) -> None:
        self.up, self._wait = True, _FIRST
        self._trouble(None)

    def _store(self, ready: dict[str, list[Note]]) -> None:
        read = {session: entry.read(lines) for session, lines in ready.items()}
        entries = {session: each for session, each in read.items() if each is not None}
        self._take_sounds(entries.values())
        database = self._place.database()
        try:
            store.save(database, entries.values())
        except DatabaseError as error:
            if not error.refused:
                raise
            self._one_by_one(database, ready, entries)
            return
        self._spool.stored(ready)
        self.count += len(entries)
        self._stored(list(ready))

    def _take_sounds(self, entries: Iterable[Stored]) -> None:
        """Take over the sound of calls: of one that is killed too, as far as it was written."""
        for each in entries:
            if isinstance(each, Entry) and each.row["kind"] == "call":
                try:
                    each.row["audio"] = sound_files.take(self._place.data_dir, each.id)
                except OSError as error:
                    why = error.strerror or str(error)
                    self._trouble(DatabaseError(f"the sound of {each.id} is not kept: {why}"))
                expected = each.sound and each.row["duration"] > _SOUNDING
                self.silent += expected and each.row["audio"] is None

    def _one_by_one(
        self,
        database: Database,
        ready: dict[str, list[Note]],
        entries: dict[str, Stored],
    ) -> None:
        """Where the database does not take one of them, the others are stored all the same."""
        for session, lines in ready.items():
            try:
                store.save(database, [entries[session]] if session in entries else [])
            except DatabaseError as error:
                if not error.refused:
                    raise
                self._spool.refused(session)
                self._trouble(error)
                continue
            self._spool.stored({session: lines})
            self.count += 1
            self._stored([session])

    def _forget(self) -> None:
        if time.monotonic() < self._next_forgetting:
            return
        if not self._place.begun():
            return
        audio = store.forget_old(self._place.database(), time.time(), self._place.keep)
        self._next_forgetting = time.monotonic() + _HOUR
        self._good()
        for name in audio:
            sound_files.place(self._place.data_dir, name).unlink(missing_ok=True)
        sound_files.forget_unfinished(self._place.data_dir)
