"""What is remembered of callers: by the agent that they called, as long as it may be."""

from __future__ import annotations

import time

import pytest
from support.noted import REPORT, START, made

from runner.records import entry, memories, notes, store


def call(name, variables, *, summary="", keep=None, sums=True, **more):
    """A call of Mai's that is over."""
    report = {
        "who": "+8491", "remembered": variables, "remember_for": keep,
        "remember_summary": sums, "summary": summary,
    }  # fmt: skip
    return made(name, report=report, **more)


def known(database):
    """What is remembered of her: how often she called, what about, and the variables."""
    return [(m.calls, m.summary, m.variables) for m in memories.recall(database, "+8491", "desk")]


def test_calls_add_up(database):
    """Each call counts; a value stays until another takes its place, or it is taken away."""
    assert known(database) == []
    store.save(database, [call("s1", {"name": "Mai", "size": "large"}, summary="A filling.")])
    store.save(database, [call("s2", {"name": None}, summary="A bill.")])
    assert known(database) == [(2, "A bill.\n\nA filling.", {"size": "large"})]
    store.save(database, [call("s2", {"name": "Lan"})])  # brought again
    assert known(database)[0][0] == 2


def test_nothing_is_kept_of_nobody(database):
    """Without a name, or where a report says nothing of a memory, none begins."""
    store.save(database, [made("s1", report={"who": "", "remembered": {"name": "Mai"}})])
    store.save(database, [made("s2", report={"who": "+8491", "remembered": None})])
    assert known(database) == []


@pytest.mark.parametrize(("sums", "summary"), [(True, "Wants a filling"), (False, "")])
def test_a_summary_is_remembered_where_that_is_wanted(database, sums, summary):
    """Models read a call when it is stored already; what they find may be for others only."""
    store.save(database, [call("s1", {}, sums=sums)])
    report = REPORT | {
        "session": "s1", "summary": "Wants a filling", "remember_summary": sums,
        "extract": {}, "verdicts": {}, "reasons": {},
    }  # fmt: skip
    later = entry.read([notes.note(notes.REPORT, START + 90, report=report)])
    store.save(database, [later])
    assert known(database) == [(1, summary, {})]
    store.save(database, [call("s2", {}, summary="A bill.", sums=sums)])
    assert known(database)[0][1] == ("A bill.\n\nWants a filling" if sums else "")


def test_what_is_over_is_not_recalled(database):
    """A memory whose time has come is not told, though it has not been deleted yet."""
    long_ago = time.time() - START + 1000
    store.save(database, [call("s1", {"name": "Mai"}, keep=60.0)])
    assert known(database) == []
    store.save(database, [call("s2", {"name": "Mai"}, keep=long_ago)])
    assert [each[2] for each in known(database)] == [{"name": "Mai"}]


def test_a_caller_is_forgotten(database):
    """Nothing is left of who is forgotten, and it is said whether there was anything."""
    store.save(database, [call("s1", {"name": "Mai"})])
    assert memories.forget(database, "+8491")
    assert known(database) == []
    assert not memories.forget(database, "+8491")
