"""Sums of thirty days, and indexes by which lists and figures are read without their rows."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"

_MONTH: Final = 30 * 86_400
_FIGURES: Final = sa.table(
    "figures",
    *(sa.column(name, sa.String()) for name in ("span", "agent", "kind")),
    sa.column("at", sa.BigInteger()),
    sa.column("calls", sa.Integer()),
    sa.column("figures", sa.JSON()),
)


def upgrade() -> None:
    """Add them; what was counted before is in the new sums too."""
    for name in ("kind", "outcome"):
        op.create_index(f"records_{name}", "records", [name, sa.desc("started"), sa.desc("n")])
    op.create_index("figures_calls", "figures", ["span", "at", "agent", "kind", "calls"])
    connection = op.get_bind()
    months: dict[tuple[int, str, str], dict[str, Any]] = {}
    days = sa.select(_FIGURES).where(_FIGURES.c.span == "day")
    for day in connection.execute(days):
        key = (day.at // _MONTH * _MONTH, day.agent, day.kind)
        month = months.setdefault(key, {"calls": 0, "figures": {}})
        month["calls"] += day.calls
        _add(month["figures"], day.figures)
    rows = [
        {"span": "month", "at": at, "agent": agent, "kind": kind, **sums}
        for (at, agent, kind), sums in months.items()
    ]
    if rows:
        connection.execute(sa.insert(_FIGURES), rows)


def _add(sums: dict[str, Any], more: dict[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict):
            _add(sums.setdefault(name, {}), value)
        else:
            sums[name] = sums.get(name, 0) + value
