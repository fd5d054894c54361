"""Figures are the same as if each session were counted one by one."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine
from support.noted import START, made

from runner.records import figures, store, totals
from runner.records.database import Database


def test_sums_are_what_was_counted(database):
    """Whole days, whole hours and the rest add up, from any moment on and for any agent."""
    spread = [made(f"s{n}", at=START + n * 1700, agent=("desk", "shop")[n % 2]) for n in range(80)]
    store.save(database, spread)
    moments = (None, START, START + 1800, START + 5000, START + 90_000)
    for since, agent in itertools.product(moments, (None, "shop")):
        wanted = [
            each for each in spread
            if each.row["started"] >= (since or 0) and agent in (None, each.row["agent"])
        ]  # fmt: skip
        sums = totals.figures(database, agent, since)
        assert sums["calls"] == len(wanted) == sum(hour["calls"] for hour in sums["hours"])
        assert sums["minutes"] == len(wanted)
        assert sums["ended"] == ({"end_call": len(wanted)} if wanted else {})


DAY, MONTH = 86_400, 30 * 86_400


def test_months_add_up_too(database):
    """Over months, from any moment on; also once days of a month that is counted are forgotten."""
    spread = [made(f"s{n}", at=START + n * 100_000.5) for n in range(80)]
    store.save(database, spread)
    for since in (None, START, START + 12 * DAY + 7, START + 31 * DAY, START + MONTH * 2):
        wanted = sum(each.row["started"] >= (since or 0) for each in spread)
        sums = totals.figures(database, since=since)
        assert sums["calls"] == wanted == sum(hour["calls"] for hour in sums["hours"])
    now, keep = START + 100 * DAY, 65.0 * DAY
    store.forget_old(database, now, keep)
    kept = [each for each in spread if each.row["started"] // DAY * DAY >= now - keep - DAY]
    sums = totals.figures(database)
    assert 0 < len(kept) < 80
    assert sums["calls"] == len(kept) == sum(hour["calls"] for hour in sums["hours"])


def test_what_was_counted_before_there_were_months_is_in_them(database):
    """A database of an older version has the same figures after it was brought up to date."""
    spread = [
        made(f"s{n}", at=START + n * 100_000, agent=("desk", "shop")[n % 2]) for n in range(60)
    ]
    store.save(database, spread)
    before = totals.figures(database), totals.figures(database, "shop")
    engine = create_engine(database.address.url.reveal())
    with engine.begin() as connection:
        for name in ("figures_calls", "records_kind", "records_outcome"):
            connection.exec_driver_sql(f"DROP INDEX {name}")
        for name in ("campaigns", "campaign_contacts", "campaign_attempts", "orders"):
            connection.exec_driver_sql(f"DROP TABLE {name}")
        connection.exec_driver_sql("DELETE FROM figures WHERE span = 'month'")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0002'")
    again = Database(database.address)
    assert (totals.figures(again), totals.figures(again, "shop")) == before
    months = "SELECT sum(calls) FROM figures WHERE span = 'month'"
    with engine.connect() as connection:
        assert connection.exec_driver_sql(months).scalar() == 60
    engine.dispose()
    again.close()


def test_parts_tools_and_tokens_are_told(database):
    """Latency by part, tools by result, tokens by direction."""
    report = {
        "usage": {"input_tokens": 10, "output_tokens": 4},
        "latency": [{"turn": n, "ms": {"llm": 100 * n, "turn": 1000}} for n in range(1, 11)],
    }
    store.save(database, [made("s1", report=report), made("s2", kind="text", report=report)])
    sums = totals.figures(database, kind="call")
    assert sums["tokens"] == {"input": 10, "output": 4}
    assert sums["latency_ms"]["stt"] == {"p50": None, "p95": None}
    assert sums["latency_ms"]["turn"]["p50"] == pytest.approx(1000, rel=0.02)
    assert sums["latency_ms"]["llm"]["p95"] == pytest.approx(1000, rel=0.02)
    assert totals.figures(database)["tokens"] == {"input": 20, "output": 8}


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=50), st.sampled_from([0.5, 0.95]))
def test_a_percentile_is_right_to_two_percent(times, share):
    """It is one of the times that were measured, but for the width of a step."""
    counts: dict[str, int] = {}
    for each in times:
        counts[figures.bucket(each)] = counts.get(figures.bucket(each), 0) + 1
    value = figures.percentile(counts, share)
    assert value is not None
    assert any(abs(value - each) <= max(1.0, 0.025 * each) for each in times)


def test_nothing_is_nothing(database):
    """An empty database has figures too."""
    found = totals.figures(database)
    assert (found["calls"], found["minutes"], found["hours"], found["ended"]) == (0, 0.0, [], {})
