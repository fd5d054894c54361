"""Campaigns in the database: each call is begun once, whoever asks, and nothing is lost."""

from __future__ import annotations

import threading

import pytest

from runner.records import campaigns, opt_outs, store
from runner.records.campaigns import Ended, Limits, NewContact

A, B, C = "+842412345678", "+442079460018", "+4930123456"
ALL = Limits(at_once=5, attempts=2, zones=[""], most=5, lease=60.0)


def contacts(*numbers):
    """Contacts of a table, in its order."""
    return [NewContact(n, line, "", {"phone": n}) for line, n in enumerate(numbers, start=2)]


def begun(database, *numbers, now=1000.0):
    """A campaign that runs."""
    return campaigns.load(database, "recall", "reminder", contacts(*numbers), now)


def claimed(database, runner="one", limits=ALL, now=1000.0):
    """The numbers whose calls a runner begins."""
    return [c.number for c in campaigns.claim(database, "recall", runner, limits, now)]


def test_calls_are_begun_in_the_order_of_the_table(database):
    """As many as may be at once, and by whoever asks first."""
    begun(database, A, B, C)
    few = Limits(2, 2, [""], 5, 60.0)
    assert claimed(database, limits=few) == [A, B]
    assert claimed(database, "two", limits=few) == []


def test_two_who_ask_at_once_never_get_the_same(database):
    """A contact is one runner's."""
    begun(database, *(f"+1202000{n:04d}" for n in range(40)))
    one = Limits(100, 2, [""], 1, 60.0)
    got = []

    def ask(runner):
        for _ in range(10):
            got.extend(claimed(database, runner, one))

    threads = [threading.Thread(target=ask, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 40


def test_who_is_on_the_list_is_done_with_and_not_called(database):
    """The next one is called in their place."""
    begun(database, A, B)
    opt_outs.add(database, A)
    assert claimed(database, limits=Limits(1, 2, [""], 1, 60.0)) == [B]
    state = campaigns.known(database)[0]
    assert campaigns.counts(database, state)["done"] == {"opted_out": 1}


def test_who_is_called_again_is_called_when_it_is_time(database):
    """And not more often than allowed."""
    begun(database, A)
    (call,) = campaigns.claim(database, "recall", "one", ALL, 1000.0)
    assert campaigns.finish(database, call, Ended("busy", 5000.0), 1010.0)
    assert claimed(database, now=4999.0) == []
    (again,) = campaigns.claim(database, "recall", "one", ALL, 5000.0)
    assert again.attempt == 2
    campaigns.finish(database, again, Ended("busy", 9000.0), 5010.0)
    assert claimed(database, now=99_000.0) == []
    assert campaigns.settle(database, "recall", 2, 99_000.0)
    assert campaigns.known(database)[0].state == "finished"


def test_an_attempt_of_a_runner_that_died_counts_and_is_not_made_again(database):
    """What it came to is not known; a further attempt is another one."""
    begun(database, A)
    (call,) = campaigns.claim(database, "recall", "one", ALL, 1000.0)
    assert campaigns.reap(database, "recall", 2, 100.0, 1030.0) == 0
    assert campaigns.reap(database, "recall", 2, 100.0, 1061.0) == 1
    (again,) = campaigns.claim(database, "recall", "two", ALL, 1161.0)
    assert (again.number, again.attempt) == (call.number, 2)


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_runner_that_was_taken_for_dead_says_what_came_of_its_call(database, attempts):
    """The database was away, for example: who has answered is not called again."""
    begun(database, A)
    (call,) = campaigns.claim(database, "recall", "one", ALL, 1000.0)
    assert campaigns.reap(database, "recall", attempts, 100.0, 1061.0) == 1
    assert campaigns.finish(database, call, Ended("answered", None, "", "person"), 1070.0)
    assert claimed(database, "two", now=1161.0) == []
    state = campaigns.known(database)[0]
    assert campaigns.counts(database, state) == {"done": {"answered": 1}}
    assert not campaigns.finish(database, call, Ended("busy", None), 1080.0)


def test_what_a_late_runner_says_changes_no_further_attempt(database):
    """Another runner calls the contact already."""
    begun(database, A)
    (call,) = campaigns.claim(database, "recall", "one", ALL, 1000.0)
    campaigns.reap(database, "recall", 2, 100.0, 1061.0)
    (again,) = campaigns.claim(database, "recall", "two", ALL, 1161.0)
    assert campaigns.finish(database, call, Ended("busy", 9000.0), 1170.0)
    state = campaigns.known(database)[0]
    assert campaigns.counts(database, state) == {"calling": {"lost": 1}}
    assert campaigns.finish(database, again, Ended("answered", None), 1180.0)
    (contact,) = campaigns.contacts(database, state)
    assert [made["outcome"] for made in contact["made"]] == ["busy", "answered"]


def test_who_answered_before_the_runner_died_is_not_called_again(database):
    """It was noted as soon as it was known."""
    begun(database, A)
    (call,) = campaigns.claim(database, "recall", "one", ALL, 1000.0)
    campaigns.progress(database, call, "person", "s_1")
    campaigns.reap(database, "recall", 2, 100.0, 2000.0)
    assert claimed(database, now=1e6) == []


def test_a_runner_that_says_that_it_lives_keeps_its_calls(database):
    """Its lease is renewed."""
    begun(database, A)
    calls = campaigns.claim(database, "recall", "one", ALL, 1000.0)
    campaigns.renew(database, "one", calls, 1100.0)
    assert campaigns.reap(database, "recall", 2, 100.0, 1090.0) == 0


def test_a_call_that_could_not_be_begun_does_not_count(database):
    """The contact waits as before."""
    begun(database, A)
    (call,) = campaigns.claim(database, "recall", "one", ALL, 1000.0)
    campaigns.undo(database, call, 1030.0)
    assert claimed(database, now=1029.0) == []
    (again,) = campaigns.claim(database, "recall", "one", ALL, 1030.0)
    assert again.attempt == 1


def test_a_paused_campaign_calls_nobody_and_goes_on_where_it_was(database):
    """Who is new in the table is added, who is gone is not called, who was called is not anew."""
    begun(database, A, B)
    (call,) = campaigns.claim(database, "recall", "one", Limits(1, 2, [""], 1, 60.0), 1000.0)
    campaigns.finish(database, call, Ended("answered", None), 1010.0)
    campaigns.set_state(database, "recall", "paused", "by hand", 1020.0)
    assert claimed(database, now=1030.0) == []
    state = begun(database, A, C, now=1040.0)
    assert (state.state, state.round, state.started) == ("running", 1, 1000.0)
    assert claimed(database, now=1050.0) == [C]


def test_a_stopped_campaign_begins_from_the_start(database):
    """As another round; what came of the last one is kept."""
    begun(database, A, B)
    (call,) = campaigns.claim(database, "recall", "one", Limits(1, 2, [""], 1, 60.0), 1000.0)
    campaigns.set_state(database, "recall", "stopped", "by hand", 1010.0)
    assert begun(database, A, B, now=2000.0).round == 2
    assert claimed(database, limits=Limits(2, 2, [""], 5, 60.0), now=2000.0) == [B]
    campaigns.finish(database, call, Ended("answered", None), 2010.0)  # until then they talk
    assert claimed(database, now=2010.0) == [A]


def test_old_campaigns_are_forgotten(database):
    """With whom they called, once they have ended and are too old."""
    state = begun(database, A)
    campaigns.set_state(database, "recall", "stopped", "by hand", 1010.0)
    store.forget_old(database, 1020.0, 5.0)
    assert campaigns.known(database) == []
    assert campaigns.contacts(database, state) == []
