"""Campaigns in the database: who is called next, by whom, and what came of it.

Every step is one transaction, so that several runners may share a database: a call is begun by
writing its attempt, whose key is the contact and the number of the attempt. Who does not get that
row written does not call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, delete, func, insert, select, update

from runner.records.cleaning import clean
from runner.records.database import Database
from runner.records.inserting import insert_or
from runner.records.tables import AttemptRow, CampaignRow, ContactRow, OptOutRow

LOADING, RUNNING, PAUSED = "loading", "running", "paused"
STOPPED, FINISHED = "stopped", "finished"
OVER: Final = (STOPPED, FINISHED)

WAITING, CALLING, DONE = "waiting", "calling", "done"

OPTED_OUT: Final = "opted_out"
LOST: Final = "lost"
"""The runner died in the middle of a call: nobody knows what came of it."""

_AT_ONCE: Final = 1000
"""Contacts of one transaction."""


@dataclass(frozen=True, slots=True)
class CampaignState:
    """A campaign as it stands."""

    name: str
    round: int
    agent: str
    state: str
    why: str
    started: float
    resumed: float
    changed: float


@dataclass(frozen=True, slots=True)
class NewContact:
    """Somebody to call, from the table."""

    number: str
    line: int
    zone: str
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A call that this runner, and nobody else, is to make.

    Attributes:
        attempt: which of the contact's, from 1.
    """

    campaign: str
    round: int
    number: str
    attempt: int
    zone: str
    columns: Mapping[str, str]
    began: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the next calls.

    Attributes:
        at_once: calls at the same time, of all runners.
        attempts: calls to one contact.
        zones: where people may be called now.
        most: calls that this runner has room for.
        lease: seconds for which it is believed to live without a word.
    """

    at_once: int
    attempts: int
    zones: Collection[str]
    most: int
    lease: float


def known(database: Database, name: str | None = None) -> list[CampaignState]:
    """The campaigns that were started, or the one of a name."""
    of = select(CampaignRow).order_by(CampaignRow.name)
    if name is not None:
        of = of.where(CampaignRow.name == name)
    with database.reading() as connection:
        return [CampaignState(**row._asdict()) for row in connection.execute(of)]


def load(
    database: Database, name: str, agent: str, contacts: Iterable[NewContact], now: float
) -> CampaignState:
    """Begin a campaign, or go on with one that was paused.

    One that has ended begins from the start, as a further round. Of one that has not, the table is
    read again: who is new in it is added, who is gone from it is not called any more, and who was
    called keeps their attempts.

    Raises:
        DatabaseError: it has not begun; the same once more does no harm.
    """
    state = _begin_loading(database, name, agent, now)
    for some in _portions(contacts):
        with database.writing() as connection:
            _put(connection, state, some)
    with database.writing() as connection:
        row = _locked(connection, name)
        if row is not None and row.state == LOADING and row.round == state.round:
            _drop_gone(connection, state)
            _set(connection, name, RUNNING, "", now, resumed=now)
    return known(database, name)[0]


def _begin_loading(database: Database, name: str, agent: str, now: float) -> CampaignState:
    with database.writing() as connection:
        empty = insert_or(connection, CampaignRow).on_conflict_do_nothing()
        fresh = {"name": name, "round": 0, "agent": agent, "state": STOPPED, "why": ""}
        connection.execute(empty, fresh | {"started": now, "resumed": now, "changed": now})
        before = _locked(connection, name)
        assert before is not None  # noqa: S101 - it was put there
        anew = before.state in OVER
        number = before.round + 1 if anew else before.round
        values: dict[str, Any] = {"round": number, "agent": agent, "state": LOADING, "why": ""}
        values |= {"started": now} if anew else {}
        connection.execute(
            update(CampaignRow).where(CampaignRow.name == name).values(changed=now, **values)
        )
        # lines are written anew: whose line stays below zero is gone from the table
        if not anew:
            mine = _contacts(name, number)
            marked = update(ContactRow).where(*mine, ContactRow.line > 0)
            connection.execute(marked.values(line=-ContactRow.line))
    return known(database, name)[0]


def _portions(contacts: Iterable[NewContact]) -> Iterator[list[NewContact]]:
    some: list[NewContact] = []
    for each in contacts:
        some.append(each)
        if len(some) == _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _put(connection: Connection, state: CampaignState, some: list[NewContact]) -> None:
    new = insert_or(connection, ContactRow)
    statement = new.on_conflict_do_update(
        index_elements=["campaign", "round", "number"],
        set_={name: new.excluded[name] for name in ("line", "zone", "columns")},
    )
    rows = [
        {
            "campaign": state.name, "round": state.round, "number": each.number,
            "line": each.line, "zone": each.zone, "columns": clean(dict(each.columns)),
            "state": WAITING, "attempts": 0, "outcome": "", "at": 0.0, "last": 0.0,
        }
        for each in some
    ]  # fmt: skip
    connection.execute(statement, rows)


def _drop_gone(connection: Connection, state: CampaignState) -> None:
    """Who is not in the table any more is not called again; what came of them stays."""
    gone = (*_contacts(state.name, state.round), ContactRow.line < 0)
    connection.execute(
        update(ContactRow)
        .where(*gone, ContactRow.state == WAITING)
        .values(
            state=DONE,
            outcome=func.coalesce(func.nullif(ContactRow.outcome, ""), "removed"),
        )
    )
    connection.execute(update(ContactRow).where(*gone).values(line=-ContactRow.line))


def set_state(database: Database, name: str, state: str, why: str, now: float) -> str | None:
    """Pause, stop or finish a campaign that has not ended; what it was, None: there is none."""
    with database.writing() as connection:
        row = _locked(connection, name)
        if row is None:
            return None
        if row.state not in OVER:
            _set(connection, name, state, why, now)
        return str(row.state)


def claim(database: Database, name: str, runner: str, limits: Limits, now: float) -> list[Claimed]:
    """Begin calls: as many as may be now, who has waited longest first.

    Who is on the list of those who are never called is done with, and was not called.
    """
    if not limits.zones or limits.most < 1:
        return []
    with database.writing() as connection:
        row = _locked(connection, name)
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
            *_contacts(row.name, row.round),
            ContactRow.state == WAITING,
            ContactRow.zone.in_(sorted(limits.zones)),
            ContactRow.at <= now,
            ContactRow.attempts < limits.attempts,
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
        .where(*_contacts(row.name, row.round), ContactRow.number == contact.number)
        .values(state=CALLING, attempts=attempt)
    )
    return Claimed(row.name, row.round, contact.number, attempt, contact.zone, contact.columns, now)


def progress(database: Database, call: Claimed, answered_by: str, session: str) -> None:
    """Note who answered: it holds also when the runner dies before the end."""
    with database.writing() as connection:
        connection.execute(
            update(AttemptRow)
            .where(*_attempt(call), AttemptRow.ended.is_(None))
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


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of an attempt.

    Attributes:
        again: when the contact may be called again; None: never.
    """

    outcome: str
    again: float | None
    words: str = ""
    answered_by: str = ""
    session: str = ""


def finish(database: Database, call: Claimed, ended: Ended, now: float) -> bool:
    """An attempt is over; False where somebody else has said so already."""
    with database.writing() as connection:
        return _finish(connection, call, ended, now)


def _finish(connection: Connection, call: Claimed, ended: Ended, now: float) -> bool:
    done = connection.execute(
        update(AttemptRow)
        .where(*_attempt(call), AttemptRow.ended.is_(None))
        .values(
            ended=now, outcome=ended.outcome, words=clean(ended.words),
            answered_by=ended.answered_by, session=ended.session,
        )
    )  # fmt: skip
    if not done.rowcount:
        return False
    values: dict[str, Any] = {"outcome": ended.outcome, "last": now}
    values |= {"state": DONE} if ended.again is None else {"state": WAITING, "at": ended.again}
    connection.execute(_contact(call).values(**values))
    return True


def undo(database: Database, call: Claimed, again: float) -> None:
    """Nobody was dialled: the attempt is as if it had never begun, and is due again then."""
    with database.writing() as connection:
        if _forget_attempt(connection, call):
            values = {"state": WAITING, "attempts": call.attempt - 1, "at": again}
            connection.execute(_contact(call).values(**values))


def skip(database: Database, call: Claimed, outcome: str, now: float) -> None:
    """Nobody was dialled, and nobody will be: the contact is done with."""
    with database.writing() as connection:
        if _forget_attempt(connection, call):
            values = {"state": DONE, "attempts": call.attempt - 1, "outcome": outcome, "last": now}
            connection.execute(_contact(call).values(**values))


def _forget_attempt(connection: Connection, call: Claimed) -> bool:
    gone = connection.execute(delete(AttemptRow).where(*_attempt(call), AttemptRow.ended.is_(None)))
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


REACHED: Final = frozenset({"person", "unsure", "menu"})
"""Who was talked with, as far as anybody can tell."""


def settle(database: Database, name: str, attempts: int, now: float) -> bool:
    """Finish a campaign in which there is nobody left to call; whether it is finished now."""
    with database.writing() as connection:
        row = _locked(connection, name)
        if row is None or row.state != RUNNING:
            return False
        mine = _contacts(name, row.round)
        connection.execute(
            update(ContactRow)
            .where(*mine, ContactRow.state == WAITING, ContactRow.attempts >= attempts)
            .values(state=DONE)
        )
        left = select(ContactRow.number).where(*mine, ContactRow.state != DONE).limit(1)
        if connection.execute(left).first() is not None:
            return False
        _set(connection, name, FINISHED, "everybody has been called", now)
        return True


def zones(database: Database, state: CampaignState) -> list[str]:
    """The time zones of those who wait."""
    mine = _contacts(state.name, state.round)
    of = select(ContactRow.zone).where(*mine, ContactRow.state == WAITING).distinct()
    with database.reading() as connection:
        return [str(zone) for zone in connection.scalars(of)]


def figures(database: Database, state: CampaignState) -> dict[str, int]:
    """Outcome → contacts of whom a call has ended since the campaign was started last."""
    mine = _contacts(state.name, state.round)
    of = (
        select(ContactRow.outcome, func.count())
        .where(
            *mine,
            ContactRow.last >= state.resumed,
            ContactRow.last > 0,
            ContactRow.attempts > 0,
        )
        .group_by(ContactRow.outcome)
    )
    with database.reading() as connection:
        return {str(outcome): int(count) for outcome, count in connection.execute(of).tuples()}


def counts(database: Database, state: CampaignState) -> dict[str, dict[str, int]]:
    """State → outcome → contacts."""
    mine = _contacts(state.name, state.round)
    of = (
        select(ContactRow.state, ContactRow.outcome, func.count())
        .where(*mine)
        .group_by(ContactRow.state, ContactRow.outcome)
    )
    known_counts: dict[str, dict[str, int]] = {}
    with database.reading() as connection:
        for stands, outcome, count in connection.execute(of).tuples():
            known_counts.setdefault(stands, {})[outcome] = count
    return known_counts


def contacts(
    database: Database, state: CampaignState, after: int = 0, most: int = 1000
) -> list[dict[str, Any]]:
    """Contacts in the order of their lines, each with its attempts; those behind a line."""
    mine = _contacts(state.name, state.round)
    of = select(ContactRow).where(*mine, ContactRow.line > after).order_by(ContactRow.line)
    with database.reading() as connection:
        rows = connection.execute(of.limit(most)).all()
        made: dict[str, list[Any]] = {row.number: [] for row in rows}
        numbers = list(made)
        for first in range(0, len(numbers), 500):
            for attempt in connection.execute(_made(state, numbers[first : first + 500])):
                made[attempt.number].append(attempt)
    return [row._asdict() | {"made": [a._asdict() for a in made[row.number]]} for row in rows]


def _made(state: CampaignState, numbers: list[str]) -> Select[Any]:
    return (
        select(AttemptRow)
        .where(
            AttemptRow.campaign == state.name,
            AttemptRow.round == state.round,
            AttemptRow.number.in_(numbers),
        )
        .order_by(AttemptRow.attempt)
    )


def forget_old_campaigns(connection: Connection, before: float) -> None:
    """Delete whom ended campaigns called, and those of earlier rounds, once they are too old."""
    old = select(CampaignRow.name).where(CampaignRow.state.in_(OVER), CampaignRow.changed < before)
    for table in (AttemptRow, ContactRow):
        connection.execute(delete(table).where(table.campaign.in_(old)))
    connection.execute(
        delete(CampaignRow).where(CampaignRow.state.in_(OVER), CampaignRow.changed < before)
    )
    for row in connection.execute(select(CampaignRow).where(CampaignRow.round > 1)).all():
        if row.started < before:
            for table in (AttemptRow, ContactRow):
                earlier = (table.campaign == row.name, table.round < row.round)
                connection.execute(delete(table).where(*earlier))


def _locked(connection: Connection, name: str) -> Any:
    """A campaign, which nobody else changes before this transaction ends."""
    of = select(CampaignRow).where(CampaignRow.name == name).with_for_update()
    return connection.execute(of).first()


def _set(connection: Connection, name: str, state: str, why: str, now: float, **more: Any) -> None:
    values = {"state": state, "why": clean(why), "changed": now, **more}
    connection.execute(update(CampaignRow).where(CampaignRow.name == name).values(**values))


def _open_calls(connection: Connection, row: Any) -> int:
    of = select(func.count()).where(
        AttemptRow.campaign == row.name, AttemptRow.round == row.round, AttemptRow.ended.is_(None)
    )
    return int(connection.scalar(of) or 0)


def _never_called(connection: Connection, numbers: list[str]) -> set[str]:
    if not numbers:
        return set()
    return set(connection.scalars(select(OptOutRow.number).where(OptOutRow.number.in_(numbers))))


def _done(
    connection: Connection, row: Any, numbers: Collection[str], outcome: str, now: float
) -> None:
    connection.execute(
        update(ContactRow)
        .where(*_contacts(row.name, row.round), ContactRow.number.in_(sorted(numbers)))
        .values(state=DONE, outcome=outcome, last=now)
    )


def _contacts(name: str, number: int) -> tuple[Any, ...]:
    return ContactRow.campaign == name, ContactRow.round == number


def _contact(call: Claimed) -> Any:
    return update(ContactRow).where(
        *_contacts(call.campaign, call.round), ContactRow.number == call.number
    )


def _attempt(call: Claimed) -> tuple[Any, ...]:
    return (
        AttemptRow.campaign == call.campaign,
        AttemptRow.round == call.round,
        AttemptRow.number == call.number,
        AttemptRow.attempt == call.attempt,
    )
