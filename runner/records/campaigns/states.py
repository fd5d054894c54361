"""A campaign as a whole: how it stands, its pauses and its end."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update

from runner.records.campaigns.rows import contacts_of, locked, set_campaign
from runner.records.campaigns.values import DONE, FINISHED, OVER, RUNNING, WAITING, CampaignState
from runner.records.database import Database
from runner.records.tables import AttemptRow, CampaignRow, ContactRow


def known(database: Database, name: str | None = None) -> list[CampaignState]:
    """The campaigns that were started, or the one of a name."""
    of = select(CampaignRow).order_by(CampaignRow.name)
    if name is not None:
        of = of.where(CampaignRow.name == name)
    with database.reading() as connection:
        return [CampaignState(**row._asdict()) for row in connection.execute(of)]


def set_state(database: Database, name: str, state: str, why: str, now: float) -> str | None:
    """Pause, stop or finish a campaign that has not ended; what it was, None: there is none."""
    with database.writing() as connection:
        row = locked(connection, name)
        if row is None:
            return None
        if row.state not in OVER:
            set_campaign(connection, name, state, why, now)
        return str(row.state)


def settle(database: Database, name: str, attempts: int, now: float) -> bool:
    """Finish a campaign in which there is nobody left to call; whether it is finished now."""
    with database.writing() as connection:
        row = locked(connection, name)
        if row is None or row.state != RUNNING:
            return False
        mine = contacts_of(name, row.round)
        connection.execute(
            update(ContactRow)
            .where(*mine, ContactRow.state == WAITING, ContactRow.attempts >= attempts)
            .values(state=DONE)
        )
        left = select(ContactRow.number).where(*mine, ContactRow.state != DONE).limit(1)
        if connection.execute(left).first() is not None:
            return False
        set_campaign(connection, name, FINISHED, "everybody has been called", now)
        return True


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
