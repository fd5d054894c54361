"""The release store."""

import json
import stat

import pytest

from runner.serve.releases.store import Store


def test_a_release_is_one_file_an_agent_and_a_manifest(store, release):
    """Each agent lies in a file named by its content, and the manifest names them."""
    store.put(release)
    manifest = json.loads((store.root / "releases" / f"{release.id}.json").read_text())
    assert manifest["agents"] == {n: a.digest for n, a in release.agents.items()}
    for name, agent in release.agents.items():
        assert store.file(release.id, name).read_text() == agent.to_json()


def test_the_pointer_names_the_served_release(store, release):
    """`current` holds the id of the release that is served."""
    store.put(release)
    store.point(release.id)
    assert (store.root / "current").read_text() == f"{release.id}\n"


def test_agents_that_did_not_change_are_shared(store, release, changed):
    """Removing a release leaves the files that another one has too."""
    store.put(release)
    after = changed("description: The desk", "description: The counter")
    store.put(after)
    store.remove(release.id)
    assert store.file(after.id, "shop").exists()
    names = {path.stem for path in (store.root / "agents").iterdir()}
    assert names == {agent.digest for agent in after.agents.values()}
    with pytest.raises(KeyError):
        store.file(release.id, "desk")


def test_only_the_owner_may_enter(tmp_path):
    """The directory is made with mode 0700, in `XDG_RUNTIME_DIR` where its path is short."""
    base = tmp_path if len(str(tmp_path)) <= 70 else None
    made = Store.create({"XDG_RUNTIME_DIR": str(base)} if base else {})
    try:
        assert stat.S_IMODE(made.root.stat().st_mode) == 0o700
        assert base is None or made.root.parent == base
    finally:
        made.destroy()


def test_a_path_that_is_too_long_is_passed_over(tmp_path):
    """The path of the call socket always fits into a unix socket's address."""
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    made = Store.create({"XDG_RUNTIME_DIR": str(deep)})
    try:
        assert len(str(made.socket)) < 100
    finally:
        made.destroy()


def test_what_a_killed_runner_left_is_removed(short):
    """A directory whose lock is free goes; one that is held stays."""
    env = {"XDG_RUNTIME_DIR": str(short)}
    left = short / "lkrun-dead"
    left.mkdir()
    (left / "lock").touch()
    first = Store.create(env)
    assert not left.exists()
    second = Store.create(env)
    assert first.root.exists()
    first.destroy()
    second.destroy()
    assert list(short.iterdir()) == []


def test_nothing_is_left_of_a_write_that_failed(store, release):
    """Where a file cannot be written there is neither half a file nor a name for it."""
    (store.root / "releases").rmdir()
    with pytest.raises(OSError):  # noqa: PT011 - its kind is the system's
        store.put(release)
    assert not list(store.root.rglob("*.new"))
    with pytest.raises(KeyError):
        store.file(release.id, "desk")


def test_no_folder_at_all_is_an_os_error(monkeypatch):
    """Without any folder to write to the store says so."""
    monkeypatch.setattr("runner.serve.releases.store._LAST_RESORT", "")
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent")
    with pytest.raises(OSError, match="no folder"):
        Store.create({})
