"""Campaigns in simulated days: nobody is called too often, at night, or against their will."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from support.simulated_campaign import NAME, World

from runner.records import campaigns as kept
from runner.records.address import address_of
from runner.records.database import Database
from runner.schema.campaigns import Campaign
from runner.secret import Secret


@pytest.fixture
def database(tmp_path):
    """An empty database in a file."""
    made = Database(address_of(Secret("sqlite:///records.db"), tmp_path))
    yield made
    made.close()


def campaign(**keys):
    """A campaign as its file has it."""
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    hours = dict.fromkeys(days, "09:00-12:00, 14:00-18:00")
    return Campaign.model_validate(
        {"agent": "reminder", "contacts": "recall.csv", "hours": hours, "wait": "2h", **keys}
    )


BEGINS = (
    datetime(2026, 3, 7, 6, tzinfo=UTC),  # clocks go forward in New York on the next day
    datetime(2026, 10, 24, 20, tzinfo=UTC),  # and back in Berlin
)


@pytest.mark.parametrize("begin", BEGINS, ids=["forward", "back"])
def test_everybody_is_called_as_often_as_allowed(database, begin):
    """Over days with two runners, one of them killed now and then, no rule is broken."""
    world = World(database, campaign(at_once="4"), 7, begin=begin, away=((20_000, 24_000),))
    world.load(24, never=3)
    world.run_another()
    world.run_another()
    asyncio.run(world.serve(step=120, kills=5, days=14))
    assert world.faults() == []
    state = kept.known(database, NAME)[0]
    assert state.state == "finished"
    rows = kept.contacts(database, state)
    assert {row["state"] for row in rows} == {"done"}
    assert sum(row["outcome"] == "opted_out" for row in rows) >= 3
