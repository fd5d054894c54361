"""Calls that were ordered with a key."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0005"
down_revision: Final = "0004"


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "orders",
        sa.Column("key", sa.String(), primary_key=True, nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("digest", "call", "agent", "state", "runner")
        ),
        *(sa.Column(name, sa.Float(53), nullable=False) for name in ("began", "lease")),
        sa.Column("ended", sa.Float(53), nullable=True),
        sa.Column("outcome", sa.JSON(), nullable=False),
    )
    op.create_index("orders_call", "orders", ["call"])
