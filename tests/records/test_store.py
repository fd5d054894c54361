"""Records are stored once, read back whole, and deleted whole, in SQLite and PostgreSQL."""

from __future__ import annotations

import pytest
from support.noted import REPORT, START, made, talk

from runner.records import entry, notes, reading, store, totals
from runner.records.reading import CursorError, RecordQuery


def ids(database, **query):
    """The ids of those that fit."""
    return [each["id"] for each in reading.page(database, RecordQuery(**query)).records]


def test_a_record_is_read_as_it_was_stored(database):
    """All that is known of a session is in its record."""
    report = {
        "caller": {"name": "Mai", "phone": "+8491"},
        "variables": {"treatment": "filling"},
        "usage": {"input_tokens": 12, "output_tokens": 5},
        "latency": [{"turn": 1, "ms": {"llm": 300, "turn": 800}}],
    }
    store.save(database, [made("s1", said="I need a filling", report=report)])
    record = reading.one(database, "s1")
    assert record is not None
    assert (record["agent"], record["caller"], record["outcome"]) == ("desk", "Mai", "end_call")
    assert (record["started"], record["duration"]) == ("2026-03-02T08:00:00.000Z", 60.0)
    assert record["transcript"] == [
        {"role": "user", "persona": "greeter", "text": "I need a filling"}
    ]
    assert record["usage"] == {"input_tokens": 12, "output_tokens": 5}
    assert record["latency"] == report["latency"]
    assert (record["labels"], record["variables"]) == (
        {"customer": "sunrise"},
        {"treatment": "filling"},
    )


def test_a_record_that_is_brought_again_counts_once(database):
    """Whoever does not know whether it was stored may store it again."""
    store.save(database, [made("s1")])
    store.save(database, [made("s1"), made("s2")])
    assert ids(database) == ["s2", "s1"]
    assert totals.figures(database)["calls"] == 2


def test_what_models_find_later_is_added(database):
    """A record is there at once, and complete once models have read it."""
    store.save(database, [made("s1")])
    report = REPORT | {
        "session": "s1", "summary": "Wants a filling", "extract": {"reason": "pain"},
        "verdicts": {"safety": "pass"}, "reasons": {"safety": "polite"},
    }  # fmt: skip
    later = entry.read([notes.note(notes.REPORT, START + 90, report=report)])
    store.save(database, [later])
    record = reading.one(database, "s1")
    assert record is not None
    assert (record["summary"], record["extract"]) == ("Wants a filling", {"reason": "pain"})
    assert (record["verdicts"], record["reasons"]) == ({"safety": "pass"}, {"safety": "polite"})
    assert ids(database, words="pain filling") == ["s1"]


def test_a_session_whose_process_died_has_what_was_said(database):
    """Without a last note it is told as crashed, at the moment of the last one."""
    store.save(database, [entry.read(talk("s1")[:-1])])
    record = reading.one(database, "s1")
    assert record is not None
    assert (record["outcome"], record["duration"], len(record["transcript"])) == ("crashed", 1.0, 1)


def test_signs_that_postgresql_cannot_hold_do_no_harm(database):
    """NUL and half a pair of UTF-16 are left out; the rest is kept."""
    store.save(database, [made("s1", said="a\x00b \ud83d c", report={"caller": {"name": "x\x00"}})])
    record = reading.one(database, "s1")
    assert record is not None
    assert (record["transcript"][0]["text"], record["caller"]) == ("ab ? c", "x")


def test_pages_go_on_where_they_ended(database):
    """Each record is on one page, the newest first, also where many began at one moment."""
    store.save(database, [made(f"s{n}", at=START + n // 3) for n in range(8)])
    seen, query = [], RecordQuery(most=3)
    while True:
        page = reading.page(database, query)
        seen += [each["id"] for each in page.records]
        if page.cursor is None:
            break
        query = RecordQuery(most=3, cursor=page.cursor)
    assert seen == [f"s{n}" for n in reversed(range(8))]


@pytest.mark.parametrize(
    "cursor", ["x", "%%%", "MTIz", "ü", "bmFuIDE=", "MSA5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"]
)
def test_a_cursor_of_nobody_is_refused(sqlite, cursor):
    """What no answer has given is told, not guessed at."""
    store.save(sqlite, [made()])
    with pytest.raises(CursorError):
        reading.page(sqlite, RecordQuery(cursor=cursor))


def test_filters_choose(database):
    """Agent, time, outcome and kind choose, alone and together."""
    store.save(database, [
        made("s1"), made("s2", agent="shop"), made("s3", at=START + 3600, reason="caller_left"),
        made("s4", kind="text"),
    ])  # fmt: skip
    assert ids(database, agent="shop") == ["s2"]
    assert ids(database, since=START + 1) == ["s3"]
    assert ids(database, until=START + 1) == ["s4", "s2", "s1"]
    assert ids(database, outcome="caller_left") == ["s3"]
    assert ids(database, kind="text", agent="desk") == ["s4"]


def test_a_deleted_record_is_gone_from_everywhere(database):
    """It is in no list and no search any more; deleting it twice says so."""
    store.save(database, [made("s1", said="my tooth"), made("s2", said="my tooth")])
    assert store.drop(database, "s1") == ""
    assert store.drop(database, "s1") is None
    assert (ids(database), ids(database, words="tooth")) == (["s2"], ["s2"])
    assert reading.one(database, "s1") is None


def test_what_is_too_old_is_forgotten(database):
    """Records go when their time is over, with the figures of those days."""
    store.save(database, [made("old"), made("new", at=START + 10 * 86_400)])
    store.forget_old(database, START + 5 * 86_400, 86_400.0)
    assert ids(database) == ["new"]
    assert totals.figures(database)["calls"] == 1


def test_something_beside_the_sessions_is_kept(database):
    """An interaction is in lists and searches, not in the figures."""
    noted = notes.note(
        notes.ALONE, START, id="interaction_1", kind="interaction", agent="desk", release="r",
        labels={}, keep=None, outcome="logged", user_id="mai", about={"input": "Are you open?"},
    )  # fmt: skip
    store.save(database, [entry.read([noted])])
    assert ids(database, kind="interaction", words="open") == ["interaction_1"]
    record = reading.one(database, "interaction_1")
    assert record is not None
    assert record["input"] == "Are you open?"
    assert totals.figures(database)["calls"] == 0
