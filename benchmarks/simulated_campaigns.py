"""Campaigns of 500 contacts over simulated days: two runners on one SQLite file, five kills.

Run: python benchmarks/simulated_campaigns.py [SEEDS]. For each seed another begin, other outcomes
and other moments of death; it says how many calls were made, and every rule that was broken.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.simulated_campaign import NAME, World

from runner.records import campaigns as kept
from runner.records.address import address_of
from runner.records.database import Database
from runner.schema.campaigns import Campaign
from runner.secret import Secret

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
CAMPAIGN = Campaign.model_validate(
    {
        "agent": "reminder",
        "contacts": "recall.csv",
        "hours": dict.fromkeys(DAYS, "09:00-12:00, 14:00-18:00"),
        "at_once": "10",
        "wait": "2h",
    }
)


def simulate(seed: int, folder: Path) -> tuple[int, list[str]]:
    """One campaign: how many calls were made, and what must never be."""
    chance = random.Random(seed)
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=chance.uniform(0, 365 * 24))
    database = Database(address_of(Secret(f"sqlite:///{seed}.db"), folder))
    world = World(database, CAMPAIGN, seed, begin=begin, away=((90_000, 97_000),))
    world.load(500, never=25)
    world.run_another()
    world.run_another()
    asyncio.run(world.serve(step=60, kills=5, days=30))
    found = world.faults()
    if kept.known(database, NAME)[0].state != kept.FINISHED:
        found.append("the campaign did not finish")
    database.close()
    return len(world.phones.rung), found


def main() -> int:
    """Simulate as many as wanted."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    faults = 0
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            calls, found = simulate(seed, Path(folder))
        faults += len(found)
        seconds = time.perf_counter() - began
        print(f"seed {seed}: {calls} calls, {len(found)} faults, {seconds:.0f} s")
        for each in found[:10]:
            print(f"  {each}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
