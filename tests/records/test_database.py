"""A database that cannot be used is told in words that say what to do."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from sqlalchemy import create_engine
from sqlalchemy import inspect as looked
from support.noted import made
from support.postgresql import PASSWORD, USER

from runner.records import reading, store
from runner.records.address import address_of, rendered
from runner.records.database import NEWEST, Database, DatabaseError
from runner.records.reading import RecordQuery
from runner.records.tables import Base
from runner.secret import Secret


def trouble(address, tmp_path):
    """Why a database of this address cannot be written, and what to do."""
    database = Database(address_of(Secret(address), tmp_path))
    with pytest.raises(DatabaseError) as caught:
        store.save(database, [made()])
    return str(caught.value).replace(str(tmp_path), ""), caught.value.help


def test_a_file_that_is_no_database(tmp_path):
    """It is left as it is."""
    (tmp_path / "records.db").write_text("Dear diary, " * 1000)
    assert trouble("sqlite:///records.db", tmp_path) == (
        "/records.db: it is no SQLite database",
        "move it away: lkrun begins a new one",
    )
    assert (tmp_path / "records.db").read_text().startswith("Dear diary")


def test_a_damaged_file(tmp_path, sqlite):
    """What is damaged in the middle is told too."""
    store.save(sqlite, [made(f"s{n}", said=f"word{n} " * 200) for n in range(50)])
    sqlite.close()
    path = tmp_path / "records.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    words, hint = trouble("sqlite:///records.db", tmp_path)
    assert "damaged" in words
    assert hint == "move it away: lkrun begins a new one"


def test_a_file_of_a_newer_version(tmp_path, sqlite):
    """It is not touched."""
    store.save(sqlite, [made()])
    with sqlite3.connect(tmp_path / "records.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0999'")
    raw.close()
    words, hint = trouble("sqlite:///records.db", tmp_path)
    assert words == "/records.db was written by a newer version of lkrun"
    assert hint is not None


def test_a_file_that_may_only_be_read(tmp_path, sqlite):
    """What to do is said; what is in it can still be read."""
    store.save(sqlite, [made("s1")])
    sqlite.close()
    usual = address_of(Secret("sqlite:///records.db"), tmp_path)
    url = f"sqlite:///file:{tmp_path / 'records.db'}?mode=ro&uri=true"
    database = Database(replace(usual, url=Secret(url)))
    with pytest.raises(DatabaseError) as caught:
        store.save(database, [made("s2")])
    assert str(caught.value).replace(str(tmp_path), "") == "/records.db: it may not be written"
    assert caught.value.help == "let lkrun write it"
    assert [each["id"] for each in reading.page(database, RecordQuery()).records] == ["s1"]
    database.close()


def test_a_folder_that_cannot_be_made(tmp_path):
    """A file stands where the folder should."""
    (tmp_path / "sub").write_text("")
    words, hint = trouble("sqlite:///sub/records.db", tmp_path)
    assert words.startswith("/sub/records.db cannot be written: ")
    assert hint == "name a folder in runner.data_dir that lkrun may write in"


def test_a_file_that_is_a_folder(tmp_path):
    """It is told, and no crash."""
    (tmp_path / "records.db").mkdir()
    words, _ = trouble("sqlite:///records.db", tmp_path)
    assert words.startswith("/records.db")


def test_a_server_that_says_no(server, tmp_path):
    """A wrong password, no such database, nobody there: each says what to change."""
    where = f"postgresql://127.0.0.1:{server.port}"
    assert trouble(server.url("postgres", "wrong"), tmp_path) == (
        f"{where}/postgres does not take the password",
        "write its user and password: postgresql://user:{{ secrets.DB_PASSWORD }}@host/name",
    )
    words, hint = trouble(server.url("nothing_here"), tmp_path)
    assert words == f'{where}/nothing_here: database "nothing_here" does not exist'
    assert hint == "create the database, or name one that is there"
    assert trouble(f"postgresql://{USER}@127.0.0.1:1/x", tmp_path)[0] == (
        "postgresql://127.0.0.1:1/x does not answer"
    )


def test_a_password_may_hold_any_sign(server, tmp_path):
    """What a secret holds is one part of the address, whatever signs are in it."""
    written = f"postgresql://{USER}:{{{{ secrets.PW }}}}@127.0.0.1:{server.port}/postgres"
    for password, works in ((PASSWORD, True), ("p@ss/w:rd?#%", False)):
        address = address_of(rendered(written, {"secrets": {"PW": password}}), tmp_path)
        assert address.shown == f"postgresql://127.0.0.1:{server.port}/postgres"
        database = Database(address)
        if works:
            assert reading.page(database, RecordQuery()).records == []
        else:
            with pytest.raises(DatabaseError, match="does not take the password"):
                reading.page(database, RecordQuery())
        database.close()


def test_all_of_an_address_may_be_a_secret(tmp_path):
    """As many places to run a program give it."""
    url = "postgres://me:words@db.example:5432/calls?sslmode=require"
    address = address_of(rendered("{{ secrets.URL }}", {"secrets": {"URL": url}}), tmp_path)
    assert address.shown == "postgresql://db.example:5432/calls"
    assert address.url.reveal() == url.replace("postgres:", "postgresql+psycopg:")
    with pytest.raises(ValueError, match="begins neither"):
        address_of(rendered("{{ secrets.URL }}", {"secrets": {"URL": "mysql://x"}}), tmp_path)


def test_migrations_make_the_tables_that_are_declared(database):
    """The last migration is the newest, and columns and indexes are those of the tables."""
    reading.page(database, RecordQuery())
    engine = create_engine(database.address.url.reveal())
    there = looked(engine)
    for name, table in Base.metadata.tables.items():
        assert {c["name"]: c["nullable"] for c in there.get_columns(name)} == {
            c.name: c.nullable for c in table.columns
        }
        declared = {str(index.name) for index in table.indexes}
        assert declared <= {index["name"] for index in there.get_indexes(name)}
    with engine.connect() as connection:
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    engine.dispose()
    assert version == NEWEST
