"""What sessions add up to, read from whole months, days and hours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    func,
    or_,
    select,
)

from runner.records.database import Database
from runner.records.figures import add, shown
from runner.records.store import SPANS
from runner.records.tables import FiguresRow, RecordRow

SESSIONS: Final = ("call", "text")


"""Kinds of which figures are kept."""


def figures(
    database: Database,
    agent: str | None = None,
    since: float | None = None,
    kind: str | None = None,
) -> dict[str, Any]:
    """What sessions add up to: of whole months, days and hours their sums, the rest one by one.

    Raises:
        DatabaseError: they cannot be read now.
    """
    calls, sums = 0, dict[str, Any]()
    with database.reading() as connection:
        start = max(since if since is not None else 0.0, _oldest(connection))
        first = {span: -(-start // seconds) * seconds for span, seconds in SPANS.items()}
        first_hour = first["hour"]
        for count, more in _summed(connection, agent, kind, first):
            calls += count
            add(sums, more)
        hours = dict(_hours(connection, agent, kind, first_hour))
        for started, more in _single(connection, agent, kind, start, first_hour):
            calls += 1
            add(sums, more)
            hour = int(started // SPANS["hour"]) * SPANS["hour"]
            hours[hour] = hours.get(hour, 0) + 1
    listed = [{"hour": _hour(at), "calls": count} for at, count in sorted(hours.items())]
    return shown(calls, sums, listed)


def _oldest(connection: Connection) -> int:
    """Since when there are figures: a month may still hold days that are forgotten."""
    oldest = select(func.min(FiguresRow.at)).where(FiguresRow.span == "day")
    return connection.scalar(oldest) or 0


def _hour(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:00:00Z")


def _whose(table: Any, agent: str | None, kind: str | None) -> list[ColumnElement[bool]]:
    named = [(table.agent, agent), (table.kind, kind)]
    return [column == value for column, value in named if value is not None]


def _summed(
    connection: Connection, agent: str | None, kind: str | None, first: Mapping[str, float]
) -> Iterator[tuple[int, dict[str, Any]]]:
    ends = (*list(first.values())[1:], math.inf)  # each goes on to where the next longer begins
    spans = or_(
        *(
            and_(FiguresRow.span == span, FiguresRow.at >= begin, FiguresRow.at < end)
            for (span, begin), end in zip(first.items(), ends, strict=True)
        )
    )
    wanted = select(FiguresRow.calls, FiguresRow.figures)
    for row in connection.execute(wanted.where(spans, *_whose(FiguresRow, agent, kind))):
        yield row.calls, row.figures


def _hours(
    connection: Connection, agent: str | None, kind: str | None, hour: float
) -> Iterator[tuple[int, int]]:
    wanted = select(FiguresRow.at, func.sum(FiguresRow.calls).label("calls"))
    here = FiguresRow.span == "hour", FiguresRow.at >= hour, *_whose(FiguresRow, agent, kind)
    for row in connection.execute(wanted.where(*here).group_by(FiguresRow.at)):
        yield row.at, int(row.calls)


def _single(
    connection: Connection, agent: str | None, kind: str | None, start: float, hour: float
) -> Iterator[tuple[float, dict[str, Any]]]:
    wanted = select(RecordRow.started, RecordRow.figures).where(
        RecordRow.started >= start,
        RecordRow.started < hour,
        RecordRow.kind.in_(SESSIONS),
        *_whose(RecordRow, agent, kind),
    )
    for row in connection.execute(wanted):
        yield row.started, row.figures
