"""What is remembered of callers: by the agent that they called."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, or_, select, update

from runner.moments import moment
from runner.records.database import Database
from runner.records.entry import Remembered
from runner.records.inserting import insert_or
from runner.records.tables import MemoryRow

_SUMMARIES: Final = 5
"""Calls whose summaries are remembered."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What an agent remembers of a caller.

    Attributes:
        calls: how often they have called.
        last: when their last call ended, in seconds since 1970.
        summary: what the last calls were about, the newest first.
        variables: name → value.
    """

    agent: str
    calls: int
    last: float
    summary: str
    variables: dict[str, Any]


def remember(connection: Connection, row: dict[str, Any], kept: Remembered) -> None:
    """Keep what a call that is over leaves to the next one."""
    expires = row["ended"] + kept.keep if kept.keep is not None else None
    values = {"last": row["ended"], "session": row["id"], "expires": expires}
    first = {"calls": 1, "summary": "", "variables": _there(kept.variables)}
    new = insert_or(connection, MemoryRow).values(
        who=kept.who, agent=row["agent"], **first, **values
    )
    merged = {**values, "calls": MemoryRow.calls + 1}
    before = connection.scalar(
        select(MemoryRow.variables).where(
            MemoryRow.who == kept.who, MemoryRow.agent == row["agent"]
        )
    )
    merged["variables"] = _there({**(before or {}), **kept.variables})
    connection.execute(new.on_conflict_do_update(index_elements=["who", "agent"], set_=merged))
    if row["summary"] and kept.summary:
        sum_up(connection, kept.who, row["agent"], row["id"], row["summary"])


def _there(variables: dict[str, Any]) -> dict[str, Any]:
    """Those that have a value: one that was taken away in a call is forgotten."""
    return {name: value for name, value in variables.items() if value is not None}


def sum_up(connection: Connection, who: str, agent: str, session: str, summary: str) -> None:
    """Keep what the last call was about, before those of the calls until then."""
    here = MemoryRow.who == who, MemoryRow.agent == agent, MemoryRow.session == session
    before = connection.scalar(select(MemoryRow.summary).where(*here))
    if before is None:
        return
    lines = [summary, *(line for line in before.split("\n\n") if line and line != summary)]
    text = "\n\n".join(lines[:_SUMMARIES])
    connection.execute(update(MemoryRow).where(*here).values(summary=text))


def recall(database: Database, who: str, agent: str | None = None) -> list[Memory]:
    """What is remembered of a caller, the newest first.

    Raises:
        DatabaseError: it cannot be read now.
    """
    fresh = or_(MemoryRow.expires.is_(None), MemoryRow.expires > time.time())
    of = select(MemoryRow).where(MemoryRow.who == who, fresh).order_by(MemoryRow.last.desc())
    if agent is not None:
        of = of.where(MemoryRow.agent == agent)
    with database.reading() as connection:
        return [
            Memory(row.agent, row.calls, row.last, row.summary, row.variables)
            for row in connection.execute(of)
        ]


def forget(database: Database, who: str) -> bool:
    """Forget a caller; whether there was something.

    Raises:
        DatabaseError: it is still there.
    """
    with database.writing() as connection:
        return bool(connection.execute(delete(MemoryRow).where(MemoryRow.who == who)).rowcount)


def shown(who: str, known: list[Memory]) -> dict[str, Any] | None:
    """What is remembered of a caller, as the API and the command have it; None: nothing."""
    if not known:
        return None
    agents = {
        each.agent: {
            "calls": each.calls,
            "last": moment(each.last),
            "summary": each.summary,
            "variables": each.variables,
        }
        for each in known
    }
    variables = {n: v for each in reversed(known) for n, v in each.variables.items()}
    return {
        "who": who,
        "calls": sum(each.calls for each in known),
        "last": moment(known[0].last),
        "summary": "\n\n".join(each.summary for each in known if each.summary),
        "variables": variables,
        "agents": agents,
    }
