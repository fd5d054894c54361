"""Calls that were ordered with a key, in the database: each is one, whichever runner is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, select, update

from runner.records.cleaning import clean
from runner.records.database import Database
from runner.records.inserting import insert_or
from runner.records.tables import OrderRow

DAY: Final = 86_400.0
"""Seconds for which a key is known."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A call that was ordered with a key; the attributes are those of `OrderRow`."""

    key: str
    digest: str
    call: str
    agent: str
    began: float
    runner: str
    lease: float
    state: str = "queued"
    ended: float | None = None
    outcome: Mapping[str, Any] = field(default_factory=dict)


def begin(database: Database, order: Ordered) -> Ordered | None:
    """Take a key; None: it was taken for this order, else what it was taken for before.

    Raises:
        DatabaseError: it is not taken, and the call must not be made.
    """
    with database.writing() as connection:
        forget_old_orders(connection, order.began)
        new = insert_or(connection, OrderRow).values(**asdict(order))
        taken = connection.scalar(new.on_conflict_do_nothing().returning(OrderRow.key))
        return None if taken is not None else _one(connection, OrderRow.key == order.key)


def known(database: Database, key: str, now: float) -> Ordered | None:
    """The order that a key was taken for within a day.

    Raises:
        DatabaseError: nobody can say so now.
    """
    with database.reading() as connection:
        return _one(connection, OrderRow.key == key, OrderRow.began >= now - DAY)


def of_call(database: Database, call: str) -> Ordered | None:
    """The order of a call.

    Raises:
        DatabaseError: nobody can say so now.
    """
    with database.reading() as connection:
        return _one(connection, OrderRow.call == call)


def renew(database: Database, states: Mapping[str, str], until: float) -> None:
    """Say of calls, by their keys, how far they are, and that their runner lives."""
    with database.writing() as connection:
        for key, state in states.items():
            mine = update(OrderRow).where(OrderRow.key == key, OrderRow.ended.is_(None))
            connection.execute(mine.values(state=state, lease=until))


def end(database: Database, call: str, outcome: Mapping[str, Any], now: float) -> None:
    """Keep what came of a call."""
    with database.writing() as connection:
        values = {"state": "ended", "ended": now, "outcome": clean(dict(outcome))}
        connection.execute(update(OrderRow).where(OrderRow.call == call).values(**values))


def forget(database: Database, call: str) -> None:
    """Nobody was called: the key is free again."""
    with database.writing() as connection:
        connection.execute(delete(OrderRow).where(OrderRow.call == call))


def forget_old_orders(connection: Connection, now: float) -> None:
    """Delete those of more than a day ago."""
    connection.execute(delete(OrderRow).where(OrderRow.began < now - DAY))


def _one(connection: Connection, *where: ColumnElement[bool]) -> Ordered | None:
    row = connection.execute(select(OrderRow).where(*where)).first()
    return Ordered(**row._asdict()) if row is not None else None
