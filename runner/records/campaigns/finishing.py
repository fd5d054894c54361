"""What came of a call, and of one whose runner has died."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from runner.records.campaigns.rows import attempt_of, update_contact
from runner.records.campaigns.values import DONE, LOST, REACHED, WAITING, Claimed, Ended
from runner.records.cleaning import clean
from runner.records.database import Database
from runner.records.tables import AttemptRow, ContactRow


def finish(database: Database, call: Claimed, ended: Ended, now: float) -> bool:
    """An attempt is over; False where somebody else has said so already.

    Who made the call knows better than a runner that took it for dead, while the database was away
    for example: nobody who has answered is called again for that.
    """
    with database.writing() as connection:
        return _finish(connection, call, ended, now) or _was_not_lost(connection, call, ended)


def _finish(connection: Connection, call: Claimed, ended: Ended, now: float) -> bool:
    done = connection.execute(
        update(AttemptRow)
        .where(*attempt_of(call), AttemptRow.ended.is_(None))
        .values(
            ended=now, outcome=ended.outcome, words=clean(ended.words),
            answered_by=ended.answered_by, session=ended.session,
        )
    )  # fmt: skip
    if not done.rowcount:
        return False
    values: dict[str, Any] = {"outcome": ended.outcome, "last": now}
    values |= {"state": DONE} if ended.again is None else {"state": WAITING, "at": ended.again}
    connection.execute(update_contact(call).values(**values))
    return True


def _was_not_lost(connection: Connection, call: Claimed, ended: Ended) -> bool:
    """Put right what was noted as lost; a contact who is called again already stays so."""
    put_right = connection.execute(
        update(AttemptRow)
        .where(*attempt_of(call), AttemptRow.outcome == LOST)
        .values(
            outcome=ended.outcome, words=clean(ended.words),
            answered_by=ended.answered_by, session=ended.session,
        )
    )  # fmt: skip
    if not put_right.rowcount:
        return False
    values = {"outcome": ended.outcome} | ({"state": DONE} if ended.again is None else {})
    connection.execute(
        update_contact(call)
        .where(ContactRow.attempts == call.attempt, ContactRow.outcome == LOST)
        .values(**values)
    )
    return True


def undo(database: Database, call: Claimed, again: float) -> None:
    """Nobody was dialled: the attempt is as if it had never begun, and is due again then."""
    with database.writing() as connection:
        if _forget_attempt(connection, call):
            values = {"state": WAITING, "attempts": call.attempt - 1, "at": again}
            connection.execute(update_contact(call).values(**values))


def skip(database: Database, call: Claimed, outcome: str, now: float) -> None:
    """Nobody was dialled, and nobody will be: the contact is done with."""
    with database.writing() as connection:
        if _forget_attempt(connection, call):
            values = {"state": DONE, "attempts": call.attempt - 1, "outcome": outcome, "last": now}
            connection.execute(update_contact(call).values(**values))


def _forget_attempt(connection: Connection, call: Claimed) -> bool:
    gone = connection.execute(
        delete(AttemptRow).where(*attempt_of(call), AttemptRow.ended.is_(None))
    )
    return bool(gone.rowcount)


def reap(database: Database, name: str, attempts: int, wait: float, now: float) -> int:
    """End the calls of runners that have died: each was begun, and is not begun again."""
    of = select(AttemptRow, ContactRow.zone, ContactRow.columns).join(
        ContactRow,
        and_(
            ContactRow.campaign == AttemptRow.campaign,
            ContactRow.round == AttemptRow.round,
            ContactRow.number == AttemptRow.number,
        ),
    )
    with database.writing() as connection:
        dead = connection.execute(
            of.where(
                AttemptRow.campaign == name, AttemptRow.ended.is_(None), AttemptRow.lease < now
            )
        ).all()
        for row in dead:
            call = Claimed(
                row.campaign, row.round, row.number, row.attempt, row.zone, row.columns, row.began
            )
            reached = row.answered_by in REACHED
            final = reached or row.attempt >= attempts
            words = "the runner ended in the middle of the call"
            ended = Ended(
                "answered" if reached else LOST, None if final else now + wait, words,
                row.answered_by, row.session,
            )  # fmt: skip
            _finish(connection, call, ended, now)
        return len(dead)
