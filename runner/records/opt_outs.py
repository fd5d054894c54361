"""The list of numbers that are never called: who asked for it, whom, and when."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select

from runner.moments import moment
from runner.records.database import Database
from runner.records.inserting import insert_or
from runner.records.tables import OptOutRow


@dataclass(frozen=True, slots=True)
class OptOut:
    """A number that is never called.

    Attributes:
        since: seconds since 1970.
        agent: whom they asked; empty where somebody put it there by hand.
        session: the call in which they asked, likewise.
    """

    number: str
    since: float
    agent: str = ""
    session: str = ""

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "number": self.number,
            "since": moment(self.since),
            "agent": self.agent or None,
            "session": self.session or None,
        }


def of_note(noted: Mapping[str, Any]) -> OptOut:
    """Read one as it was noted in a call."""
    return OptOut(noted["number"], noted["at"], noted["agent"], noted["session"])


def put(connection: Connection, each: OptOut) -> bool:
    """Put a number on the list; whether it is new there. Who asks twice asked the first time."""
    new = insert_or(connection, OptOutRow).values(
        number=each.number, since=each.since, agent=each.agent, session=each.session
    )
    statement = new.on_conflict_do_nothing().returning(OptOutRow.number)
    return connection.scalar(statement) is not None


def add(database: Database, number: str) -> bool:
    """Put a number on the list by hand; whether it is new there.

    Raises:
        DatabaseError: it is not on the list.
    """
    with database.writing() as connection:
        return put(connection, OptOut(number, time.time()))


def remove(database: Database, number: str) -> bool:
    """Take a number off the list; whether it was there.

    Raises:
        DatabaseError: it is still there.
    """
    with database.writing() as connection:
        gone = connection.execute(delete(OptOutRow).where(OptOutRow.number == number))
        return bool(gone.rowcount)


def has(database: Database, number: str) -> bool:
    """Whether a number is on the list.

    Raises:
        DatabaseError: it cannot be read now.
    """
    with database.reading() as connection:
        of = select(OptOutRow.number).where(OptOutRow.number == number)
        return connection.scalar(of) is not None


def listed(database: Database) -> list[OptOut]:
    """The whole list, the newest first.

    Raises:
        DatabaseError: it cannot be read now.
    """
    of = select(OptOutRow).order_by(OptOutRow.since.desc(), OptOutRow.number)
    with database.reading() as connection:
        return [
            OptOut(row.number, row.since, row.agent, row.session) for row in connection.execute(of)
        ]
