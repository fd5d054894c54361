"""Numbers that are never called."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "opt_outs",
        sa.Column("number", sa.String(), primary_key=True),
        sa.Column("since", sa.Float(53), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
    )
