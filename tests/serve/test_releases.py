"""Pins and swaps."""

import threading
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


def test_sessions_are_counted_by_release(releases, release, changed):
    """Each release that is kept has its count, the served one also without calls."""
    assert releases.sessions() == {release.id: 0}
    releases.pin("a")
    releases.pin("b")
    after = changed("Welcome", "Good day")
    releases.swap(after)
    releases.pin("c")
    assert releases.sessions() == {release.id: 2, after.id: 1}
    assert releases.release(release.id) is release
    releases.unpin(release.id, "a")
    releases.unpin(release.id, "b")
    assert releases.sessions() == {after.id: 1}
    assert releases.release(release.id) is None
    assert list(releases.times()) == [after.id]


def test_since_when_it_is_served(releases, release, changed):
    """A release that is served again is served since then; one that stays, as before."""
    first = releases.since
    releases.swap(release)
    assert releases.since == first
    releases.pin("a")
    releases.swap(changed("Welcome", "Good day"))
    releases.swap(release)
    assert releases.since > first
    assert releases.times()[release.id] == releases.since


def test_a_call_moves_to_another_release(releases, release, changed):
    """The call is on the new one, and the old one goes with its last call."""
    releases.pin("a")
    releases.pin("b")
    after = changed("Welcome", "Good day")
    releases.swap(after)
    releases.move("a", after.id)
    assert releases.sessions() == {release.id: 1, after.id: 1}
    releases.move("b", after.id)
    assert releases.sessions() == {after.id: 2}
    releases.move("b", after.id)
    releases.unpin(after.id, "b")
    assert releases.sessions() == {after.id: 1}


@pytest.mark.parametrize(("call", "there"), [("a", False), ("strange", True)])
def test_a_move_that_cannot_be(releases, release, call, there):
    """Without a pin, or to a release that is not kept, nothing changes."""
    releases.pin("a")
    with pytest.raises(KeyError):
        releases.move(call, release.id if there else "unknown")
    assert releases.sessions() == {release.id: 1}


def test_what_was_prepared_is_swapped_in(releases, release, changed):
    """`prepare` writes the files and serves nothing; `swap` writes none of them again."""
    after = changed("Welcome", "Good day")
    releases.prepare(after)
    assert releases.current is release
    assert list(releases.kept()) == [release.id]
    file = Path(releases.file(after.id, "desk"))
    written = file.stat()
    releases.swap(after)
    assert releases.current is after
    assert file.stat() == written


def test_what_was_prepared_is_dropped(releases, store, release, changed):
    """Nothing is left of it; what is served or in a call stays."""
    after = changed("Welcome", "Good day")
    releases.prepare(after)
    releases.drop(after)
    releases.drop(release)
    assert {p.stem for p in (store.root / "releases").iterdir()} == {release.id}
    assert Path(releases.file(release.id, "desk")).exists()


def test_a_pointer_that_cannot_be_written(releases, store, release, changed):
    """The old release is served on, and nothing is left of the new one."""
    (store.root / "current").unlink()
    (store.root / "current").mkdir()
    after = changed("Welcome", "Good day")
    with pytest.raises(OSError):  # noqa: PT011 - its kind is the system's
        releases.swap(after)
    assert releases.current is release
    assert {p.stem for p in (store.root / "releases").iterdir()} == {release.id}


def test_preparing_beside_calls_that_end(releases, store, release, changed):
    """A thread prepares while an older release ends that shares an agent: no file goes missing."""
    between = changed("Welcome", "Good day")
    changed("Good day", "Welcome")
    after = changed("description: The desk", "description: The counter")
    assert after.agents["shop"].digest == release.agents["shop"].digest
    for _ in range(40):
        releases.swap(release)
        releases.pin("a")
        releases.swap(between)
        thread = threading.Thread(target=releases.prepare, args=(after,))
        thread.start()
        releases.unpin(release.id, "a")
        thread.join()
        releases.swap(after)
        for name, agent in after.agents.items():
            assert store.file(after.id, name).read_text() == agent.to_json()
