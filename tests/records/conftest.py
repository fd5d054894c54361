"""Databases of records: SQLite, and PostgreSQL as it is installed here."""

from __future__ import annotations

import itertools

import pytest
from support.postgresql import postgresql

from runner.records.address import address_of
from runner.records.database import Database
from runner.secret import Secret


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL server."""
    with postgresql() as running:
        yield running


@pytest.fixture
def sqlite(tmp_path):
    """An empty database in a file."""
    database = Database(address_of(Secret("sqlite:///records.db"), tmp_path))
    yield database
    database.close()


_NAMES = (f"records_{number}" for number in itertools.count())


@pytest.fixture
def fresh(server, tmp_path):
    """An empty database of the server."""
    database = Database(address_of(Secret(server.create(next(_NAMES))), tmp_path))
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "fresh"])
def database(request):
    """Each kind of database."""
    return request.getfixturevalue(request.param)
