"""Beginning a campaign: whom it calls, from the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import Connection, func, update

from runner.records.campaigns.rows import contacts_of, locked, set_campaign
from runner.records.campaigns.states import known
from runner.records.campaigns.values import (
    DONE,
    LOADING,
    OVER,
    RUNNING,
    STOPPED,
    WAITING,
    CampaignState,
    NewContact,
)
from runner.records.cleaning import clean
from runner.records.database import Database
from runner.records.inserting import insert_or
from runner.records.tables import CampaignRow, ContactRow

_AT_ONCE: Final = 1000
"""Contacts of one transaction."""


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
        row = locked(connection, name)
        if row is not None and row.state == LOADING and row.round == state.round:
            _drop_gone(connection, state)
            set_campaign(connection, name, RUNNING, "", now, resumed=now)
    return known(database, name)[0]


def _begin_loading(database: Database, name: str, agent: str, now: float) -> CampaignState:
    with database.writing() as connection:
        empty = insert_or(connection, CampaignRow).on_conflict_do_nothing()
        fresh = {"name": name, "round": 0, "agent": agent, "state": STOPPED, "why": ""}
        connection.execute(empty, fresh | {"started": now, "resumed": now, "changed": now})
        before = locked(connection, name)
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
            mine = contacts_of(name, number)
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
    gone = (*contacts_of(state.name, state.round), ContactRow.line < 0)
    connection.execute(
        update(ContactRow)
        .where(*gone, ContactRow.state == WAITING)
        .values(
            state=DONE,
            outcome=func.coalesce(func.nullif(ContactRow.outcome, ""), "removed"),
        )
    )
    connection.execute(update(ContactRow).where(*gone).values(line=-ContactRow.line))
