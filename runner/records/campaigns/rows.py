"""The rows of a campaign, of a contact and of an attempt, for all statements on them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from runner.records.campaigns.values import Claimed
from runner.records.cleaning import clean
from runner.records.tables import AttemptRow, CampaignRow, ContactRow


def locked(connection: Connection, name: str) -> Any:
    """A campaign, which nobody else changes before this transaction ends."""
    of = select(CampaignRow).where(CampaignRow.name == name).with_for_update()
    return connection.execute(of).first()


def set_campaign(
    connection: Connection, name: str, state: str, why: str, now: float, **more: Any
) -> None:
    values = {"state": state, "why": clean(why), "changed": now, **more}
    connection.execute(update(CampaignRow).where(CampaignRow.name == name).values(**values))


def contacts_of(name: str, number: int) -> tuple[Any, ...]:
    return ContactRow.campaign == name, ContactRow.round == number


def update_contact(call: Claimed) -> Any:
    return update(ContactRow).where(
        *contacts_of(call.campaign, call.round), ContactRow.number == call.number
    )


def attempt_of(call: Claimed) -> tuple[Any, ...]:
    return (
        AttemptRow.campaign == call.campaign,
        AttemptRow.round == call.round,
        AttemptRow.number == call.number,
        AttemptRow.attempt == call.attempt,
    )
