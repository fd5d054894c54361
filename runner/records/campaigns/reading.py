"""What a campaign has come to: its figures, and each contact with its attempts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from runner.records.campaigns.rows import contacts_of
from runner.records.campaigns.values import WAITING, CampaignState
from runner.records.database import Database
from runner.records.tables import AttemptRow, ContactRow


def zones(database: Database, state: CampaignState) -> list[str]:
    """The time zones of those who wait."""
    mine = contacts_of(state.name, state.round)
    of = select(ContactRow.zone).where(*mine, ContactRow.state == WAITING).distinct()
    with database.reading() as connection:
        return [str(zone) for zone in connection.scalars(of)]


def figures(database: Database, state: CampaignState) -> dict[str, int]:
    """Outcome → contacts of whom a call has ended since the campaign was started last."""
    mine = contacts_of(state.name, state.round)
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
    mine = contacts_of(state.name, state.round)
    of = (
        select(ContactRow.state, ContactRow.outcome, func.count())
        .where(*mine)
        .group_by(ContactRow.state, ContactRow.outcome)
    )
    known_counts: dict[str, dict[str, int]] = {}
    with database.reading() as connection:
        for state_of, outcome, count in connection.execute(of).tuples():
            known_counts.setdefault(state_of, {})[outcome] = count
    return known_counts


def contacts(
    database: Database, state: CampaignState, after: int = 0, most: int = 1000
) -> list[dict[str, Any]]:
    """Contacts in the order of their lines, each with its attempts; those behind a line."""
    mine = contacts_of(state.name, state.round)
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
