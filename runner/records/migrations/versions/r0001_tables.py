"""The first tables."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None

_NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_WORDS: Final = {
    "sqlite": (
        """
        CREATE VIRTUAL TABLE talk_words USING fts5(
            words, content='talks', content_rowid='n', tokenize='unicode61'
        )
        """,
        """
        CREATE TRIGGER talks_inserted AFTER INSERT ON talks BEGIN
            INSERT INTO talk_words(rowid, words) VALUES (new.n, new.words);
        END
        """,
        """
        CREATE TRIGGER talks_deleted AFTER DELETE ON talks BEGIN
            INSERT INTO talk_words(talk_words, rowid, words) VALUES ('delete', old.n, old.words);
        END
        """,
        """
        CREATE TRIGGER talks_updated AFTER UPDATE OF words ON talks BEGIN
            INSERT INTO talk_words(talk_words, rowid, words) VALUES ('delete', old.n, old.words);
            INSERT INTO talk_words(rowid, words) VALUES (new.n, new.words);
        END
        """,
    ),
    "postgresql": ("CREATE INDEX talk_words ON talks USING gin (to_tsvector('simple', words))",),
}
"""How words are found: FTS5 (https://sqlite.org/fts5.html), or PostgreSQL's own search."""


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "records",
        sa.Column("n", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(), nullable=False, unique=True),
        *(_text(name) for name in ("kind", "agent", "persona", "release")),
        sa.Column("room", sa.String(), nullable=True),
        *(_text(name) for name in ("caller", "who")),
        *(sa.Column(n, sa.Float(53), nullable=False) for n in ("started", "ended", "duration")),
        sa.Column("turns", sa.Integer(), nullable=False),
        _text("outcome"),
        _data("labels"),
        _text("summary"),
        *(_data(name) for name in ("extract", "verdicts")),
        *(sa.Column(n, sa.Integer(), nullable=False) for n in ("input_tokens", "output_tokens")),
        sa.Column("audio", sa.String(), nullable=True),
        _data("figures"),
        sa.Column("expires", sa.Float(53), nullable=True),
    )
    op.create_index("records_started", "records", [sa.desc("started"), sa.desc("n")])
    op.create_index("records_agent", "records", ["agent", sa.desc("started"), sa.desc("n")])
    op.create_index("records_who", "records", ["who", sa.desc("started")])
    op.create_index("records_expires", "records", ["expires"])
    op.create_table(
        "talks",
        sa.Column(
            "n",
            _NUMBER,
            sa.ForeignKey("records.n", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        *(_data(name) for name in ("events", "details")),
        _text("words"),
    )
    op.create_table(
        "figures",
        sa.Column("span", sa.String(), primary_key=True),
        sa.Column("at", _NUMBER, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.String(), primary_key=True) for name in ("agent", "kind")),
        sa.Column("calls", sa.Integer(), nullable=False),
        _data("figures"),
    )
    op.create_table(
        "memories",
        *(sa.Column(name, sa.String(), primary_key=True) for name in ("who", "agent")),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("last", sa.Float(53), nullable=False),
        _text("summary"),
        _data("variables"),
        _text("session"),
        sa.Column("expires", sa.Float(53), nullable=True),
    )
    op.create_index("memories_expires", "memories", ["expires"])
    for statement in _WORDS[op.get_bind().dialect.name]:
        op.execute(statement)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _data(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(), nullable=False)
