"""The archive of a folder's last good releases."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.examples import FOLDERS

from runner.cache import Cache
from runner.compiler import Compiler
from runner.serve.releases.archive import Archive, ArchiveError, UnknownReleaseError, pick


@pytest.fixture
def archive(folder, tmp_path):
    """The archive of the folder; nothing is in it."""
    return Archive.of(folder, {"LKRUN_STATE_DIR": str(tmp_path / "state")})


@pytest.fixture
def again(archive):
    """Open the archive as another process would."""
    return lambda: Archive(archive.folder, archive.root)


@pytest.fixture
def said(changed):
    """Compile the folder with other words; each call gives another release."""
    words = ["Welcome"]

    def compile_(new):
        words.append(new)
        return changed(words[-2], new)

    return compile_


def files(archive):
    """All that is in it, without its lock."""
    return {p.relative_to(archive.root).as_posix() for p in archive.root.rglob("*") if p.is_file()}


def manifest(archive, release):
    """The path and the content of a manifest."""
    path = archive.root / "releases" / f"{release.id}.json"
    return path, json.loads(path.read_text())


@pytest.mark.parametrize(
    ("env", "place"),
    [
        ({"LKRUN_STATE_DIR": "/s", "XDG_STATE_HOME": "/x", "HOME": "/h"}, "/s"),
        ({"XDG_STATE_HOME": "/x", "HOME": "/h"}, "/x/lkrun"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/lkrun"),
        ({"HOME": "/h"}, "/h/.local/state/lkrun"),
    ],
)
def test_where_it_is(env, place):
    """Its place is the person's own choice, else that of the XDG base directory specification."""
    archive = Archive.of(Path("/srv/shop/agents.d"), env)
    assert archive.root.parent == Path(place)
    assert archive.root.name.startswith("shop-agents.d-")


def test_without_a_home_there_is_no_place():
    """Where nothing can be kept that is an OSError, in words."""
    with pytest.raises(OSError, match="set LKRUN_STATE_DIR"):
        Archive.of(Path("agents.d"), {"HOME": "nowhere"})


def test_a_folder_is_known_by_its_path(tmp_path, monkeypatch):
    """A link that is re-pointed stays the same folder; a relative path means the absolute one."""
    env = {"LKRUN_STATE_DIR": str(tmp_path / "state")}
    for name in ("v1", "v2"):
        (tmp_path / name).mkdir()
    link = tmp_path / "current"
    link.symlink_to("v1")
    before = Archive.of(link, env).root
    link.unlink()
    link.symlink_to("v2")
    monkeypatch.chdir(tmp_path)
    assert Archive.of(Path("current"), env).root == before != Archive.of(tmp_path / "v2", env).root


def test_a_kept_release_comes_back(archive, again, release):
    """What was kept is read by another process as the same release, with what was said of it."""
    before = datetime.now(UTC) - timedelta(seconds=1)
    archive.keep(release, ["desk is new", "shop is new"])
    other = again()
    assert other.current() == release.id
    (row,) = other.rows()
    assert (row.id, row.changed) == (release.id, ("desk is new", "shop is new"))
    assert row.agents == ("desk", "shop")
    assert before <= row.time <= datetime.now(UTC)
    loaded = other.load(release.id)
    assert loaded == release
    assert loaded.id == release.id
    assert loaded.secrets == release.secrets


@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: path.name)
def test_every_example_comes_back(path, tmp_path):
    """Nothing of a real folder is lost or changed on the way through the archive."""
    release = Compiler(path, env={}, cache=Cache(tmp_path / "cache")).compile().release
    kept = Archive(path, tmp_path / "archive")
    kept.keep(release, [])
    loaded = kept.load(release.id)
    assert loaded == release
    assert loaded.model_copy().id == release.id


def test_an_empty_archive(archive, tmp_path):
    """Nothing is kept, nothing is made by looking, and a release is unknown."""
    assert (archive.current(), archive.rows()) == (None, [])
    with pytest.raises(UnknownReleaseError, match="none is kept yet"):
        archive.load("abc")
    assert not (tmp_path / "state").exists()


def test_only_the_owner_may_read(archive, release):
    """Folders have mode 0700, files 0600."""
    archive.keep(release, [])
    for path in archive.root.rglob("*.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for path in (archive.root.parent, archive.root, archive.root / "agents"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_no_secret_is_kept(compiler, archive, monkeypatch):
    """The value of a secret is in no file, only its name."""
    monkeypatch.setenv("TOOL_KEY", "the-very-secret")
    archive.keep(compiler.compile().release, [])
    kept = b"".join(p.read_bytes() for p in archive.root.rglob("*.json"))
    assert b"TOOL_KEY" in kept
    assert b"the-very-secret" not in kept


def test_the_last_ones_are_kept(archive, release, said):
    """The newest comes first; the oldest goes with the agents that only it had."""
    archive.keep(release, [], keep=3)
    later = [said(word) for word in ("One", "Two", "Three")]
    for one in later:
        archive.keep(one, [], keep=3)
    assert [row.id for row in archive.rows()] == [one.id for one in reversed(later)]
    kept = {agent.digest for one in later for agent in one.agents.values()}
    assert {p.stem for p in (archive.root / "agents").iterdir()} == kept
    archive.keep(later[-1], [], keep=0)
    assert [row.id for row in archive.rows()] == [later[-1].id]


def test_one_that_is_kept_again_is_the_newest(archive, release, said):
    """Its place and words are new, and there is one of it."""
    other = said("Good day")
    archive.keep(release, ["first"])
    archive.keep(other, ["second"])
    archive.keep(release, ["back to the first"])
    assert [row.id for row in archive.rows()] == [release.id, other.id]
    assert archive.rows()[0].changed == ("back to the first",)
    assert archive.current() == release.id


def test_the_order_does_not_follow_the_clock(archive, release, said):
    """A clock that was set back changes nothing in the order of keeping."""
    archive.keep(release, [])
    path, content = manifest(archive, release)
    path.write_text(json.dumps({**content, "time": "2099-01-01T00:00:00Z"}))
    other = said("Good day")
    archive.keep(other, [])
    assert [row.id for row in archive.rows()] == [other.id, release.id]


def test_an_agent_is_written_once(archive, again, release, changed):
    """An agent that did not change keeps its file, also for another process."""
    archive.keep(release, [])
    file = archive.root / "agents" / f"{release.agents['shop'].digest}.json"
    before = file.stat()
    again().keep(changed("description: The desk", "description: The counter"), [])
    again().keep(release, ["again"])
    now = file.stat()
    assert (now.st_ino, now.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_beginning_of_an_id_is_enough(archive, release):
    """A release is found by as much of its id as tells it apart, in small or large letters."""
    archive.keep(release, [])
    assert archive.find(release.id[:6].upper()) == release.id
    assert archive.load(release.id[:4]).id == release.id


@pytest.mark.parametrize(
    ("release_id", "words"),
    [
        ("ab", "more than one kept release begins with 'ab': abc111111111, abd222222222$"),
        ("", "there is no kept release ''; the kept ones are abc111111111, abd222222222$"),
        ("zzz", "there is no kept release 'zzz'; the kept ones are abc111111111, abd222222222$"),
        (
            "abc1211",
            r"there is no kept release 'abc1211'; .*; did you mean 'abc111111111'\?",
        ),
    ],
)
def test_an_id_that_means_none_or_several(release_id, words):
    """The message has the ids that there are, and the one that was probably meant."""
    with pytest.raises(UnknownReleaseError, match=words):
        pick(release_id, ["abc111111111", "abd222222222"])


@pytest.mark.parametrize("harm", [b"", b"{}", None])
def test_a_release_that_lost_an_agent_is_passed_over(archive, again, release, said, harm):
    """It is not listed and not current, and keeping it again mends it."""
    after = said("Good day")
    archive.keep(release, [])
    archive.keep(after, [])
    file = archive.root / "agents" / f"{after.agents['desk'].digest}.json"
    if harm is None:
        file.unlink()
    else:
        file.write_bytes(harm)
    other = again()
    assert other.current() == release.id
    assert [row.id for row in other.rows()] == [release.id]
    with pytest.raises(ArchiveError, match="damaged"):
        other.load(after.id)
    other.keep(after, [])
    assert again().load(after.id) == after


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b"\xff", b'{"id": 1}', b"[" * 100_000, b'{"agents": {"a": "../x"}}'],
)
def test_a_manifest_that_is_none_is_passed_over(archive, again, release, said, content):
    """Whatever stands in its place, the others are there; the next write removes it."""
    archive.keep(release, [])
    path = archive.root / "releases" / "0123456789ab.json"
    path.write_bytes(content)
    (archive.root / "current").write_bytes(b"\xff\n")
    assert again().current() == release.id
    again().keep(said("Good day"), [])
    assert not path.exists()


def test_words_that_are_none_are_passed_over(archive, release):
    """A release stays usable where only what is said of it is damaged."""
    archive.keep(release, ["x"])
    path, content = manifest(archive, release)
    path.write_text(json.dumps({**content, "time": "soon", "changed": 7, "number": "x"}))
    (row,) = archive.rows()
    assert (row.changed, row.time.year) == ((), 1970)
    assert archive.load(row.id) == release


@pytest.mark.parametrize("strange", [{"form": 99}, {"process": {"colour": 1}}, {"secrets": 7}])
def test_a_release_of_another_version(archive, release, strange):
    """What this version cannot read is told with the version that wrote it."""
    archive.keep(release, [])
    path, content = manifest(archive, release)
    path.write_text(json.dumps({**content, **strange, "version": "9.8"}))
    with pytest.raises(ArchiveError, match=r"written by lkrun 9\.8, and lkrun .* cannot read it"):
        archive.load(release.id)


def test_one_that_cannot_be_opened(archive, release):
    """A file that the system does not give is told as such."""
    archive.keep(release, [])
    file = archive.root / "agents" / f"{release.agents['desk'].digest}.json"
    file.unlink()
    file.mkdir()
    with pytest.raises(ArchiveError):
        archive.load(release.id)
    assert archive.rows() == []


def test_runners_wait_for_each_other(archive, again, release, said):
    """Several that keep at once leave all that they kept, each with a place of its own."""
    kept = [release, *(said(word) for word in ("One", "Two", "Three"))]
    threads = [threading.Thread(target=again().keep, args=(one, [])) for one in kept]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {row.id for row in archive.rows()} == {one.id for one in kept}
    numbers = {manifest(archive, one)[1]["number"] for one in kept}
    assert numbers == {1, 2, 3, 4}


def test_a_lock_that_is_never_given_back(archive, release):
    """A runner that hangs while it writes keeps no other one waiting for ever."""
    archive.keep(release, [])
    archive.patience = 0.05
    with (archive.root / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OSError, match="for too long"):
            archive.keep(release, [])
    archive.keep(release, [])


def test_what_cannot_be_removed_fails_nothing(archive, release, said, caplog):
    """A release is kept although something old stays in the way; the log has it at `debug`."""
    archive.keep(release, [])
    (archive.root / "agents" / "left").mkdir()
    after = said("Good day")
    with caplog.at_level("DEBUG", "lkrun"):
        archive.keep(after, [])
    assert archive.current() == after.id
    assert "cannot be removed" in caplog.text


def test_a_place_that_is_no_folder(folder, release, tmp_path):
    """Where the archive cannot be made, keeping is an OSError and reading finds nothing."""
    (tmp_path / "state").write_text("")
    archive = Archive.of(folder, {"LKRUN_STATE_DIR": str(tmp_path / "state")})
    with pytest.raises(OSError):  # noqa: PT011 - its kind is the system's
        archive.keep(release, [])
    assert archive.rows() == []


def test_a_link_in_the_place_of_a_new_file_is_not_followed(archive, release, said, tmp_path):
    """Nothing outside the archive is ever written."""
    archive.keep(release, [])
    after = said("Good day")
    victim = tmp_path / "victim"
    victim.write_text("mine")
    new = f".{after.agents['desk'].digest}.json.new"
    (archive.root / "agents" / new).symlink_to(victim)
    with pytest.raises(OSError):  # noqa: PT011 - its kind is the system's
        archive.keep(after, [])
    archive.keep(after, [])
    assert victim.read_text() == "mine"


def test_an_archive_that_was_removed_is_made_again(archive, release):
    """A person may empty it at any time."""
    archive.keep(release, [])
    shutil.rmtree(archive.root)
    archive.keep(release, [])
    assert archive.current() == release.id


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
def test_an_archive_of_somebody_else(archive, release):
    """What another person may have written is neither read nor written."""
    archive.keep(release, [])
    os.chown(archive.root, 12345, 12345)
    assert archive.rows() == []
    with pytest.raises(OSError, match="belongs to somebody else"):
        archive.keep(release, [])


def test_names_that_are_no_text(tmp_path, release):
    """A folder may have any name that the system allows."""
    folder = tmp_path / os.fsdecode(b"\xff\n agents")
    archive = Archive.of(folder, {"LKRUN_STATE_DIR": str(tmp_path / "state")})
    archive.keep(release, ["\ud800"])
    assert archive.load(release.id) == release
    assert re.fullmatch(r"[\w.-]+", archive.root.name)
