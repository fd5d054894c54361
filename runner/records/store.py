"""Writes records: each once, however often it is brought."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from runner.records.campaigns import forget_old_campaigns
from runner.records.cleaning import clean
from runner.records.database import Database
from runner.records.entry import Entry, Findings, Stored
from runner.records.figures import Sums, add
from runner.records.inserting import insert_or
from runner.records.memories import remember, sum_up
from runner.records.opt_outs import OptOut, put
from runner.records.orders import forget_old_orders
from runner.records.tables import FiguresRow, MemoryRow, RecordRow, TalkRow
from runner.records.words import LONGEST, searchable

SPANS: Final = {"hour": 3600, "day": 86_400, "month": 30 * 86_400}
"""The spans of figures, in seconds."""

_AT_ONCE: Final = 500
"""Records that are forgotten in one go."""

_Key = tuple[str, int, str, str]


def save(database: Database, entries: Iterable[Stored]) -> None:
    """Store records, all or none.

    Raises:
        DatabaseError: they are not stored.
    """
    with database.writing() as connection:
        sums: dict[_Key, tuple[int, Sums]] = {}
        for entry in entries:
            if isinstance(entry, Findings):
                _complete(connection, entry)
            elif isinstance(entry, OptOut):
                put(connection, entry)
            elif _is_new(connection, entry):
                _count(sums, entry)
                if entry.remembered is not None:
                    remember(connection, entry.row, entry.remembered)
        for key in sorted(sums):  # in one order, so that no two runners wait for each other
            _add_up(connection, key, *sums[key])


def _is_new(connection: Connection, entry: Entry) -> bool:
    # SQLAlchemy compiles an INSERT that may conflict anew each time, which takes longer than this
    if connection.scalar(select(RecordRow.n).where(RecordRow.id == entry.id)) is not None:
        return False
    statement = insert(RecordRow).returning(RecordRow.n)
    number = connection.scalar(statement, clean(entry.row))
    talk = {"n": number, "events": clean(entry.events), "details": clean(entry.details)}
    connection.execute(insert(TalkRow), talk | {"words": entry.words})
    return True


def _complete(connection: Connection, found: Findings) -> None:
    values = {n: clean(getattr(found, n)) for n in ("summary", "extract", "verdicts")}
    done = connection.execute(
        update(RecordRow)
        .where(RecordRow.id == found.id)
        .values(**values)
        .returning(RecordRow.n, RecordRow.who, RecordRow.agent)
    ).first()
    if done is None:
        return
    number, who, agent = done
    talk = connection.execute(
        select(TalkRow.details, TalkRow.words).where(TalkRow.n == number)
    ).one()
    words = f"{talk.words} {searchable(found.summary, found.extract)}"[:LONGEST]
    details = {**talk.details, "reasons": clean(found.reasons)}
    connection.execute(
        update(TalkRow).where(TalkRow.n == number).values(details=details, words=words)
    )
    if found.summary and found.remembered:
        sum_up(connection, who, agent, found.id, clean(found.summary))


def _count(sums: dict[_Key, tuple[int, Sums]], entry: Entry) -> None:
    row = entry.row
    if not row["figures"]:
        return
    for span, seconds in SPANS.items():
        key = (span, int(row["started"] // seconds) * seconds, row["agent"], row["kind"])
        calls, before = sums.get(key, (0, {}))
        sums[key] = calls + 1, add(before, row["figures"])


def _add_up(connection: Connection, key: _Key, calls: int, sums: Sums) -> None:
    names = dict(zip(("span", "at", "agent", "kind"), key, strict=True))
    here = [getattr(FiguresRow, name) == value for name, value in names.items()]
    known = select(FiguresRow.calls, FiguresRow.figures).where(*here).with_for_update()
    before = connection.execute(known).first()
    if before is None:
        empty = insert_or(connection, FiguresRow).on_conflict_do_nothing()
        connection.execute(empty, names | {"calls": 0, "figures": {}})
        before = connection.execute(known).one()
    connection.execute(
        update(FiguresRow)
        .where(*here)
        .values(calls=before.calls + calls, figures=clean(add(before.figures, sums)))
    )


def drop(database: Database, name: str) -> str | None:
    """Delete a record.

    Returns:
        Where its audio is, or nothing; None where there is no such record.

    Raises:
        DatabaseError: it is still there.
    """
    with database.writing() as connection:
        row = connection.execute(
            select(RecordRow.n, RecordRow.audio).where(RecordRow.id == name)
        ).first()
        if row is None:
            return None
        _delete(connection, [row.n])
        return row.audio or ""


def forget_old(database: Database, now: float, keep: float | None) -> list[str]:
    """Delete what is older than it may be.

    Args:
        database: where.
        now: seconds since 1970.
        keep: seconds for which figures are kept.

    Returns:
        Where the audio of some is.

    Raises:
        DatabaseError: some of it is still there.
    """
    audio: list[str] = []
    while True:
        with database.writing() as connection:
            rows = connection.execute(
                select(RecordRow.n, RecordRow.audio)
                .where(RecordRow.expires < now)
                .order_by(RecordRow.expires)
                .limit(_AT_ONCE)
            ).all()
            _delete(connection, [row.n for row in rows])
        audio += [row.audio for row in rows if row.audio]
        if len(rows) < _AT_ONCE:
            break
    with database.writing() as connection:
        connection.execute(delete(MemoryRow).where(MemoryRow.expires < now))
        forget_old_orders(connection, now)
        if keep is not None:
            _forget_figures(connection, now - keep)
            forget_old_campaigns(connection, now - keep)
    return audio


def _forget_figures(connection: Connection, before: float) -> None:
    """Delete sums of what was before; an hour goes with its day."""
    for span in SPANS:
        old = FiguresRow.at < before - max(SPANS[span], SPANS["day"])
        connection.execute(delete(FiguresRow).where(FiguresRow.span == span, old))


def _delete(connection: Connection, numbers: list[int]) -> None:
    connection.execute(delete(TalkRow).where(TalkRow.n.in_(numbers)))
    connection.execute(delete(RecordRow).where(RecordRow.n.in_(numbers)))
