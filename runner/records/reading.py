"""Reads records: lists, one of them, searches, figures."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    func,
    literal,
    literal_column,
    select,
    text,
    tuple_,
)

from runner.moments import moment
from runner.records.database import Database
from runner.records.tables import RecordRow, TalkRow
from runner.records.words import phrases

_NUMBERS: Final = 1 << 63

PAGE: Final = 50
"""Records of one answer."""


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """Which records are looked for; all without anything.

    Attributes:
        since, until: seconds since 1970, of their beginning; `until` is not in it.
        words: all must be found.
        cursor: goes on after a page.
    """

    agent: str | None = None
    since: float | None = None
    until: float | None = None
    words: str | None = None
    outcome: str | None = None
    kind: str | None = None
    kinds: tuple[str, ...] = ()
    who: str | None = None
    cursor: str | None = None
    most: int = PAGE


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some of them, and where it goes on."""

    records: list[dict[str, Any]]
    cursor: str | None


class CursorError(ValueError):
    """A cursor that no answer has given."""


def page(database: Database, query: RecordQuery) -> RecordPage:
    """The newest that fit.

    Raises:
        CursorError: its cursor is none.
        DatabaseError: they cannot be read now.
    """
    after = _place(query.cursor) if query.cursor else None
    with database.reading() as connection:
        wanted = _wanted(connection, query)
        if wanted is None:
            return RecordPage([], None)
        if after is not None:
            wanted = wanted.where(
                tuple_(RecordRow.started, RecordRow.n) < tuple_(*map(literal, after))
            )
        rows = connection.execute(wanted.limit(query.most + 1)).all()
    kept = rows[: query.most]
    more = _cursor(kept[-1]) if len(rows) > query.most else None
    return RecordPage([_shown(row) for row in kept], more)


def pages(database: Database, query: RecordQuery) -> Iterator[list[dict[str, Any]]]:
    """All that fit, each with its talk, page by page.

    Raises:
        DatabaseError: they cannot be read now.
    """
    while True:
        found = page(database, query)
        yield [whole for r in found.records if (whole := one(database, r["id"])) is not None]
        if found.cursor is None:
            return
        query = replace(query, cursor=found.cursor)


def _wanted(connection: Connection, query: RecordQuery) -> Select[Any] | None:
    conditions: list[ColumnElement[bool]] = [
        getattr(RecordRow, name) == value
        for name in ("agent", "outcome", "kind", "who")
        if (value := getattr(query, name)) is not None
    ]
    if query.kinds:
        conditions.append(RecordRow.kind.in_(query.kinds))
    if query.since is not None:
        conditions.append(RecordRow.started >= query.since)
    if query.until is not None:
        conditions.append(RecordRow.started < query.until)
    if query.words is not None and query.words.strip():
        if not (wanted := phrases(query.words)):
            return None
        conditions.append(_WORDS[connection.dialect.name](connection, wanted))
    newest = (RecordRow.started.desc(), RecordRow.n.desc())
    return select(RecordRow).where(and_(True, *conditions)).order_by(*newest)


def _in_sqlite(connection: Connection, wanted: list[str]) -> ColumnElement[bool]:
    match = " ".join(f'"{phrase}"' for phrase in wanted)
    query = "SELECT rowid FROM talk_words WHERE talk_words MATCH :match"
    few = connection.execute(text(f"{query} LIMIT {_MANY}"), {"match": match}).all()
    if len(few) < _MANY:
        return RecordRow.n.in_([row.rowid for row in few])
    # of many, the newest are found by looking at the newest records, not by sorting all that fit:
    # with a sign before it, SQLite does not look the number up
    number: ColumnElement[int] = literal_column("+records.n")
    return number.in_(text(query).bindparams(match=match).columns(RecordRow.n).scalar_subquery())


_MANY: Final = 500
"""Records that hold what is searched for, from which it is in many."""


def _in_postgresql(_: Connection, wanted: list[str]) -> ColumnElement[bool]:
    document = func.to_tsvector("simple", TalkRow.words)
    return RecordRow.n.in_(
        select(TalkRow.n).where(
            *(document.op("@@")(func.phraseto_tsquery("simple", each)) for each in wanted)
        )
    )


_WORDS: Final = {"sqlite": _in_sqlite, "postgresql": _in_postgresql}


def _cursor(row: Row[Any]) -> str:
    return base64.urlsafe_b64encode(f"{row.started!r} {row.n}".encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[float, int]:
    try:
        started, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).split()
        place = float(started), int(number)
    except (binascii.Error, ValueError):
        raise CursorError(_NO_CURSOR) from None
    if not math.isfinite(place[0]) or not 0 <= place[1] < _NUMBERS:
        raise CursorError(_NO_CURSOR)
    return place


_NO_CURSOR: Final = "the cursor is none that an answer has given"


def one(database: Database, name: str) -> dict[str, Any] | None:
    """All that is known of one; None where there is none.

    Raises:
        DatabaseError: it cannot be read now.
    """
    both = select(RecordRow, TalkRow.events, TalkRow.details).join(
        TalkRow, TalkRow.n == RecordRow.n
    )
    with database.reading() as connection:
        row = connection.execute(both.where(RecordRow.id == name)).first()
    if row is None:
        return None
    events, details = [e for e in row.events if not _wordless(e)], row.details
    messages = [e for e in events if e.get("type") == "message"]
    return {
        **_shown(row),
        "transcript": [{n: e.get(n) for n in ("role", "persona", "text")} for e in messages],
        "tool_calls": _tool_calls(events),
        "handoffs": [
            {"from": e["from"], "to": e["to"]} for e in events if e.get("type") == "handoff"
        ],
        "events": [{**e, "at": moment(e["at"])} for e in events],
        "variables": details.get("variables", {}),
        "caller_details": details.get("caller", {}),
        "reasons": details.get("reasons", {}),
        "latency": details.get("latency", []),
        **details.get("about", {}),
    }


def _wordless(event: dict[str, Any]) -> bool:
    """Whether it is a message of which no words are kept."""
    return event.get("type") == "message" and not event.get("text")


def _tool_calls(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answers = {e.get("call_id"): e for e in events if e.get("type") == "tool_result"}
    made = []
    for call in events:
        if call.get("type") == "tool_call":
            answer = answers.get(call.get("call_id"), {})
            made.append(
                {
                    "name": call["name"],
                    "arguments": call["arguments"],
                    "output": answer.get("output"),
                    "error": answer.get("error"),
                    "turn": call.get("turn", 0),
                }
            )
    return made


def audio_of(database: Database, name: str) -> str | None:
    """Where the sound of one is; nothing where there is no sound, None where there is no record.

    Raises:
        DatabaseError: it cannot be read now.
    """
    with database.reading() as connection:
        row = connection.execute(select(RecordRow.audio).where(RecordRow.id == name)).first()
    return None if row is None else row.audio or ""


_AS_THEY_ARE: Final = (
    "id", "kind", "agent", "persona", "release", "room", "caller", "duration", "turns", "outcome",
    "labels", "summary", "extract", "verdicts",
)  # fmt: skip


def _shown(row: Row[Any]) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
        "started": moment(row.started),
        "ended": moment(row.ended),
        "usage": {"input_tokens": row.input_tokens, "output_tokens": row.output_tokens},
        "audio": row.audio is not None,
    }
