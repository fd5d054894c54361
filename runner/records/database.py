"""Opens the database in its newest form, and says in words why it cannot."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from runner.records.address import Address
from runner.records.disk import SQLITE

NEWEST: Final = "0005"
"""The last of the migrations."""

_SECONDS: Final = 5
"""For which a lock, or a server that does not answer, is waited for."""

_LOCK: Final = 0x6C6B72756E
"""The number of PostgreSQL's lock under which tables are made."""


class DatabaseError(Exception):
    """The database cannot be used now; the text says why, in plain words.

    Attributes:
        help: what a person can do.
        refused: whether it is one record that it does not take.
    """

    def __init__(self, why: str, help: str | None = None, *, refused: bool = False) -> None:  # noqa: A002 - the word of diagnostics
        super().__init__(why)
        self.help, self.refused = help, refused


class Database:
    """A database of records. Threads may share it.

    Attributes:
        address: where it is.
    """

    def __init__(self, address: Address) -> None:
        """Nothing is opened yet."""
        self.address = address
        self._engine: Engine | None = None
        self._guard = threading.Lock()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes.

        Raises:
            DatabaseError: it cannot be used now.
        """
        with self._words(), self._ready().begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads.

        Raises:
            DatabaseError: it cannot be used now.
        """
        engine = self._with_words(self._ready).execution_options(reading=True)
        with self._words(), engine.begin() as connection:
            yield connection

    def _with_words(self, make: Any) -> Engine:
        with self._words():
            engine: Engine = make()
            return engine

    def close(self) -> None:
        """Let go of all connections."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

    def _ready(self) -> Engine:
        with self._guard:
            if self._engine is None:
                engine = _engine(self.address)
                try:
                    _upgrade(engine, self.address)
                except BaseException:
                    engine.dispose()
                    raise
                self._engine = engine
            return self._engine

    @contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            failure = _in_words(error, self.address)
            if not failure.refused:
                self.close()  # what is opened next may be another file, or a server that is back
            raise failure from None
        except (ImportError, NoSuchModuleError):
            raise DatabaseError(
                "the package for PostgreSQL is not installed",
                "run: pip install 'lkrun[postgresql]'",
            ) from None


def _engine(address: Address) -> Engine:
    url = address.url.reveal()
    if address.file is None:
        limits = f"-c statement_timeout={_SECONDS * 1000} -c lock_timeout={_SECONDS * 1000}"
        return create_engine(
            url,
            pool_size=4,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _SECONDS, "options": limits},
        )
    address.file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, poolclass=NullPool, connect_args={"timeout": _SECONDS, "isolation_level": None}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA secure_delete=ON")  # what is deleted is gone from the disk
    connection.execute("PRAGMA cache_size=-16000")


def _begin(connection: Connection) -> None:
    """Take the right to write at once: who takes it later may be refused it."""
    reads = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _upgrade(engine: Engine, address: Address) -> None:
    if address.file is not None:
        _begin_file(engine, address.file)
    with engine.begin() as connection:
        if address.file is None:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        version = _version(connection)
        if version == NEWEST:
            return
        if version is not None and version > NEWEST:
            raise DatabaseError(
                f"{address.shown} was written by a newer version of lkrun",
                "install that version again, or name another database in runner.records",
            )
        _migrate(connection)


def _begin_file(engine: Engine, file: Path) -> None:
    file.touch(mode=0o600)
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - only a database that is not the newest needs it
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    command.upgrade(config, "head")


def _in_words(error: Exception, address: Address) -> DatabaseError:
    where = address.shown
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, OSError):
        why = f"{where} cannot be written: {cause.strerror or cause}"
        return DatabaseError(why, "name a folder in runner.data_dir that lkrun may write in")
    if isinstance(cause, sqlite3.Error) and hasattr(cause, "sqlite_errorcode"):
        words, hint = SQLITE.get(cause.sqlite_errorcode & 0xFF, (str(cause), None))
        refused = cause.sqlite_errorcode & 0xFF in (
            sqlite3.SQLITE_CONSTRAINT,
            sqlite3.SQLITE_TOOBIG,
        )
        return DatabaseError(f"{where}: {words}", hint, refused=refused)
    state = getattr(cause, "sqlstate", None)
    if state is None:
        return _unreached(where, str(cause))
    refused = state[:2] in ("22", "23", "54")  # data, constraints, limits
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    return DatabaseError(f"{where}: {lines[0]}", _POSTGRESQL.get(state), refused=refused)


_POSTGRESQL: Final = {
    "28P01": "write its user and password: postgresql://user:{{ secrets.DB_PASSWORD }}@host/name",
    "3D000": "create the database, or name one that is there",
    "42501": "let the user create tables in the database",
}
"""PostgreSQL's error codes (appendix A of its manual) → what to do."""


def _unreached(where: str, why: str) -> DatabaseError:
    """The words of psycopg where no server let it in: they have no code."""
    if "password authentication failed" in why or "no password supplied" in why:
        return DatabaseError(f"{where} does not take the password", _POSTGRESQL["28P01"])
    if "does not exist" in why:
        last = why.strip().splitlines()[-1].rpartition("FATAL:")[2].strip()
        return DatabaseError(f"{where}: {last}", _POSTGRESQL["3D000"])
    hint = "start it, or name another one in runner.records.database"
    return DatabaseError(f"{where} does not answer", hint)
