"""The tables, typed. How they came to be stands in `migrations`, which a test holds to them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, desc
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_Number = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """All tables."""

    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012 - SQLAlchemy has it so


class RecordRow(Base):
    """A session that is over, or something else that is kept beside them: what lists show.

    Attributes:
        kind: `call`, `text`, `interaction` or `event`.
        caller: as whoever called is called in lists.
        who: the caller that it is remembered of, and of whom `agent/context` tells.
        started, ended, expires: seconds since 1970.
        outcome: why it ended.
        figures: what it adds to the figures.
    """

    __tablename__ = "records"

    n: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    agent: Mapped[str]
    persona: Mapped[str]
    release: Mapped[str]
    room: Mapped[str | None]
    caller: Mapped[str]
    who: Mapped[str]
    started: Mapped[float]
    ended: Mapped[float]
    duration: Mapped[float]
    turns: Mapped[int]
    outcome: Mapped[str]
    labels: Mapped[dict[str, Any]]
    summary: Mapped[str]
    extract: Mapped[dict[str, Any]]
    verdicts: Mapped[dict[str, Any]]
    input_tokens: Mapped[int]
    output_tokens: Mapped[int]
    audio: Mapped[str | None]
    figures: Mapped[dict[str, Any]]
    expires: Mapped[float | None]

    __table_args__ = (
        Index("records_started", desc("started"), desc("n")),
        Index("records_agent", "agent", desc("started"), desc("n")),
        Index("records_kind", "kind", desc("started"), desc("n")),
        Index("records_outcome", "outcome", desc("started"), desc("n")),
        Index("records_who", "who", desc("started")),
        Index("records_expires", "expires"),
    )


class TalkRow(Base):
    """What was said and done in it: read only when one is looked at.

    Attributes:
        words: what a search looks through.
    """

    __tablename__ = "talks"

    n: Mapped[int] = mapped_column(
        _Number, ForeignKey("records.n", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    events: Mapped[list[Any]]
    details: Mapped[dict[str, Any]]
    words: Mapped[str]


class FiguresRow(Base):
    """What calls of some time add up to.

    Attributes:
        span: `hour`, `day`, or `month`: thirty days.
        at: its beginning, in seconds since 1970.
    """

    __tablename__ = "figures"

    span: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=False)
    agent: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    calls: Mapped[int]
    figures: Mapped[dict[str, Any]]

    __table_args__ = (Index("figures_calls", "span", "at", "agent", "kind", "calls"),)


class MemoryRow(Base):
    """What an agent remembers of a caller.

    Attributes:
        calls: how often they have called.
        last: when their last call ended, in seconds since 1970.
        session: their last call.
    """

    __tablename__ = "memories"

    who: Mapped[str] = mapped_column(primary_key=True)
    agent: Mapped[str] = mapped_column(primary_key=True)
    calls: Mapped[int]
    last: Mapped[float]
    summary: Mapped[str]
    variables: Mapped[dict[str, Any]]
    session: Mapped[str]
    expires: Mapped[float | None]

    __table_args__ = (Index("memories_expires", "expires"),)


class OptOutRow(Base):
    """A number that is never called. It stays until somebody takes it off the list.

    Attributes:
        number: with + and country.
        since: seconds since 1970.
        agent: whom the caller asked; empty where it was put there by hand.
        session: the call in which they asked, likewise.
    """

    __tablename__ = "opt_outs"

    number: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[float]
    agent: Mapped[str]
    session: Mapped[str]


class CampaignRow(Base):
    """A campaign that was started.

    Attributes:
        round: how often it has been begun from the start, from 1.
        state: `loading`, `running`, `paused`, `stopped` or `finished`.
        why: why it is in this state, for people.
        started: when this round began, in seconds since 1970.
        resumed: when it was started last; `stop_when` goes by what came since.
        changed: when its state changed last.
    """

    __tablename__ = "campaigns"

    name: Mapped[str] = mapped_column(primary_key=True)
    round: Mapped[int]
    agent: Mapped[str]
    state: Mapped[str]
    why: Mapped[str]
    started: Mapped[float]
    resumed: Mapped[float]
    changed: Mapped[float]


class ContactRow(Base):
    """Somebody whom a campaign calls.

    Attributes:
        line: where they stand in the table.
        zone: their time zone; empty: the agent's.
        columns: all that the table says of them.
        state: `waiting`, `calling` or `done`.
        attempts: how often a call to them was begun.
        outcome: what came of the last one; empty: none has ended.
        at: not before this they are called, in seconds since 1970.
        last: when the last one ended; 0: none has.
    """

    __tablename__ = "campaign_contacts"

    campaign: Mapped[str] = mapped_column(primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[int]
    zone: Mapped[str]
    columns: Mapped[dict[str, Any]]
    state: Mapped[str]
    attempts: Mapped[int]
    outcome: Mapped[str]
    at: Mapped[float]
    last: Mapped[float]

    __table_args__ = (
        Index("campaign_contacts_due", "campaign", "round", "state", "zone", "at", "line"),
        Index("campaign_contacts_line", "campaign", "round", "line"),
    )


class AttemptRow(Base):
    """A call that a campaign has begun. It counts as begun from before anybody is dialled.

    Attributes:
        attempt: which of the contact's, from 1.
        ended: None while it goes on.
        outcome: what came of it.
        runner: who makes it.
        lease: until when that runner is believed to live.
        answered_by: who picked up, as far as it is known.
        session: the call's, for the records.
        words: why nobody answered, for people.
    """

    __tablename__ = "campaign_attempts"

    campaign: Mapped[str] = mapped_column(primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    began: Mapped[float]
    ended: Mapped[float | None]
    outcome: Mapped[str]
    runner: Mapped[str]
    lease: Mapped[float]
    answered_by: Mapped[str]
    session: Mapped[str]
    words: Mapped[str]

    __table_args__ = (Index("campaign_attempts_open", "campaign", "round", "ended"),)


class OrderRow(Base):
    """A call that was ordered with a key: the same order again is no second call.

    Attributes:
        digest: of what was ordered, which is not kept itself.
        call: the id that the call was given.
        began: when it was ordered, in seconds since 1970.
        state: how far it has come.
        runner: who makes it.
        lease: until when that runner is believed to live.
        ended: None while it goes on.
        outcome: what came of it; empty while it goes on.
    """

    __tablename__ = "orders"

    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    call: Mapped[str]
    agent: Mapped[str]
    began: Mapped[float]
    state: Mapped[str]
    runner: Mapped[str]
    lease: Mapped[float]
    ended: Mapped[float | None]
    outcome: Mapped[dict[str, Any]]

    __table_args__ = (Index("orders_call", "call"),)
