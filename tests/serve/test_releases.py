"""Pins and swaps."""

from pathlib import Path

import pytest


def test_a_call_keeps_the_release_that_was_served_when_it_began(releases, release, changed):
    """A swap changes what the next call gets, and nothing for one that is on."""
    pinned = releases.pin("a")
    after = changed("Welcome", "Good day")
    releases.swap(after)
    assert pinned == release.id
    assert releases.current is after
    assert releases.agent(release.id, "desk") == release.agents["desk"]
    assert Path(releases.file(release.id, "desk")).exists()


def test_a_release_is_retired_with_its_last_call(releases, release, changed):
    """Its files go when nobody needs them any more."""
    releases.pin("a")
    releases.pin("b")
    releases.swap(changed("Welcome", "Good day"))
    file = Path(releases.file(release.id, "desk"))
    releases.unpin(release.id, "a")
    assert file.exists()
    releases.unpin(release.id, "b")
    assert not file.exists()
    assert releases.agent(release.id, "desk") is None
    with pytest.raises(KeyError):
        releases.file(release.id, "desk")


def test_the_served_release_stays_without_calls(releases, release):
    """A pin that is given back does not retire what is served, and a strange one harms nothing."""
    releases.unpin(releases.pin("a"), "a")
    releases.unpin("unknown", "a")
    assert releases.current is release
    assert list(releases.kept()) == [release.id]


def test_swapping_back_serves_the_older_release_again(releases, release, changed):
    """A release that calls still use can be served again."""
    releases.pin("a")
    releases.swap(changed("Welcome", "Good day"))
    releases.swap(release)
    assert releases.current.id == release.id
    assert list(releases.kept()) == [release.id]
