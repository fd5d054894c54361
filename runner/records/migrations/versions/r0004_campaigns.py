"""Campaigns, whom they call, and what came of it."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"


def _text(name: str, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), primary_key=key, nullable=False)


def _count(name: str, *, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), primary_key=key, nullable=False, autoincrement=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Float(53), nullable=nullable)


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "campaigns",
        _text("name", key=True),
        _count("round"),
        *(_text(name) for name in ("agent", "state", "why")),
        *(_moment(name) for name in ("started", "resumed", "changed")),
    )
    op.create_table(
        "campaign_contacts",
        _text("campaign", key=True),
        _count("round", key=True),
        _text("number", key=True),
        _count("line"),
        _text("zone"),
        sa.Column("columns", sa.JSON(), nullable=False),
        _text("state"),
        _count("attempts"),
        _text("outcome"),
        _moment("at"),
        _moment("last"),
    )
    due = ["campaign", "round", "state", "zone", "at", "line"]
    op.create_index("campaign_contacts_due", "campaign_contacts", due)
    op.create_index("campaign_contacts_line", "campaign_contacts", ["campaign", "round", "line"])
    op.create_table(
        "campaign_attempts",
        _text("campaign", key=True),
        _count("round", key=True),
        _text("number", key=True),
        _count("attempt", key=True),
        _moment("began"),
        _moment("ended", nullable=True),
        *(_text(name) for name in ("outcome", "runner")),
        _moment("lease"),
        *(_text(name) for name in ("answered_by", "session", "words")),
    )
    op.create_index("campaign_attempts_open", "campaign_attempts", ["campaign", "round", "ended"])
