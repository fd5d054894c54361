"""Who is called next, and by whom: who writes the attempt makes the call."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from runner.records.campaigns.rows import attempt_of, contacts_of, locked
from runner.records.campaigns.values import (
    CALLING,
    DONE,
    OPTED_OUT,
    RUNNING,
    WAITING,
    Claimed,
    Limits,
)
from runner.records.database import Database
from runner.records.tables import AttemptRow, ContactRow, OptOutRow


def claim(database: Database, name: str, runner: str, limits: Limits, now: float) -> list[Claimed]:
    """Begin calls: as many as may be now, who has waited longest first.

    Who is on the list of those who are never called is done with, and was not called.
    """
    if not limits.zones or limits.most < 1:
        return []
    with database.writing() as connection:
        row = locked(connection, name)
        if row is None or row.state != RUNNING:
            return []
        free = min(limits.most, limits.at_once - _open_calls(connection, row))
        claimed: list[Claimed] = []
        while free > len(claimed):
            due = _due(connection, row, limits, now, free - len(claimed))
            refused = _never_called(connection, [each.number for each in due])
            if refused:
                _done(connection, row, refused, OPTED_OUT, now)
            claimed += [
                _begin(connection, row, each, (runner, now, now + limits.lease))
                for each in due
                if each.number not in refused
            ]
            if not refused:
                break
        return claimed


def _due(connection: Connection, row: Any, limits: Limits, now: float, most: int) -> list[Any]:
    of = (
        select(ContactRow)
        .where(
            *contacts_of(row.name, row.round),
            ContactRow.state == WAITING,
            ContactRow.zone.in_(sorted(limits.zones)),
            ContactRow.at <= now,
            ContactRow.attempts < limits.attempts,
            # who is still talked with since an earlier round
            ContactRow.number.not_in(select(AttemptRow.number).where(*_open(row))),
        )
        .order_by(ContactRow.at, ContactRow.line)
        .limit(most)
    )
    return list(connection.execute(of))


def _begin(connection: Connection, row: Any, contact: Any, by: tuple[str, float, float]) -> Claimed:
    runner, now, lease = by
    attempt = contact.attempts + 1
    connection.execute(
        insert(AttemptRow).values(
            campaign=row.name, round=row.round, number=contact.number, attempt=attempt,
            began=now, ended=None, outcome="", runner=runner, lease=lease,
            answered_by="", session="", words="",
        )
    )  # fmt: skip
    connection.execute(
        update(ContactRow)
        .where(*contacts_of(row.name, row.round), ContactRow.number == contact.number)
        .values(state=CALLING, attempts=attempt)
    )
    return Claimed(row.name, row.round, contact.number, attempt, contact.zone, contact.columns, now)


def _open_calls(connection: Connection, row: Any) -> int:
    return int(connection.scalar(select(func.count()).where(*_open(row))) or 0)


def _open(row: Any) -> tuple[Any, ...]:
    """The calls of a campaign that are on, those of an earlier round included."""
    return AttemptRow.campaign == row.name, AttemptRow.ended.is_(None)


def _never_called(connection: Connection, numbers: list[str]) -> set[str]:
    if not numbers:
        return set()
    return set(connection.scalars(select(OptOutRow.number).where(OptOutRow.number.in_(numbers))))


def _done(
    connection: Connection, row: Any, numbers: Collection[str], outcome: str, now: float
) -> None:
    connection.execute(
        update(ContactRow)
        .where(*contacts_of(row.name, row.round), ContactRow.number.in_(sorted(numbers)))
        .values(state=DONE, outcome=outcome, last=now)
    )


def progress(database: Database, call: Claimed, answered_by: str, session: str) -> None:
    """Note who answered: it holds also when the runner dies before the end."""
    with database.writing() as connection:
        connection.execute(
            update(AttemptRow)
            .where(*attempt_of(call), AttemptRow.ended.is_(None))
            .values(answered_by=answered_by, session=session)
        )


def renew(database: Database, runner: str, calls: Collection[Claimed], until: float) -> None:
    """Say that a runner lives, and still makes these calls."""
    if not calls:
        return
    with database.writing() as connection:
        connection.execute(
            update(AttemptRow)
            .where(AttemptRow.runner == runner, AttemptRow.ended.is_(None))
            .values(lease=until)
        )
