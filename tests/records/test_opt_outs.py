"""The list of numbers that are never called."""

from __future__ import annotations

from runner.records import notes, opt_outs, store
from runner.records.entry import read
from runner.records.notes import note
from runner.records.opt_outs import OptOut

A, B = "+842412345678", "+442079460018"


def asked(number, at=1000.0, session="call_1"):
    """What was noted when a caller asked for it."""
    return read([note(notes.OPT_OUT, at, number=number, agent="clinic", session=session)])


def test_who_asks_in_a_call_is_on_the_list(database):
    """The number is there, with whom they asked, and when."""
    store.save(database, [asked(A)])
    assert opt_outs.listed(database) == [OptOut(A, 1000.0, "clinic", "call_1")]


def test_who_asks_again_asked_the_first_time(database):
    """A number is on the list once, however often it is brought, and by whom."""
    store.save(database, [asked(A), asked(A), asked(B, 2000.0)])
    store.save(database, [asked(A, 3000.0, "call_2")])
    assert opt_outs.add(database, A) is False
    assert [(each.number, each.since) for each in opt_outs.listed(database)] == [
        (B, 2000.0), (A, 1000.0),
    ]  # fmt: skip


def test_a_number_is_put_there_and_taken_off_by_hand(database):
    """Both say whether they changed something."""
    assert opt_outs.add(database, A)
    assert opt_outs.remove(database, A)
    assert not opt_outs.remove(database, A)
    assert opt_outs.listed(database) == []


def test_the_list_outlives_what_is_kept_of_calls(database):
    """Old records go after a time; who must not be called stays so."""
    store.save(database, [asked(A)])
    store.forget_old(database, 1e12, 1.0)
    assert [each.number for each in opt_outs.listed(database)] == [A]
