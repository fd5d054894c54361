"""Run by Alembic: the connection comes from `runner.records.database`."""

from __future__ import annotations

from alembic import context

from runner.records.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
context.run_migrations()
