"""An INSERT that can say what to do where the row is there already."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from runner.records.tables import Base

_KINDS: Final[dict[str, Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def insert_or(connection: Connection, table: type[Base]) -> Any:
    """Begin one, in the dialect of the database."""
    return _KINDS[connection.dialect.name](table.__table__)
