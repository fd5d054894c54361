"""The folder of a git revision, without touching the working files."""

from __future__ import annotations

import os
import subprocess

import pytest

from runner.diff.revision import DEFAULT, RevisionError, export


@pytest.fixture
def repository(tmp_path):
    """A repository with two revisions of `agents.d`; gives its folder and a `git` command."""
    folder = tmp_path / "repository"
    (folder / DEFAULT / "prompts").mkdir(parents=True)

    def git(*arguments, given=None):
        done = subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments],
            cwd=folder,
            check=True,
            capture_output=True,
            input=given,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        )
        return done.stdout.decode().strip()

    git("init", "-q")
    (folder / DEFAULT / "a.yaml").write_text("one: 1\n")
    (folder / DEFAULT / "prompts" / "d\u00e9sk file.md").write_bytes(b"\xff hello\n")
    (folder / DEFAULT / "link.yaml").symlink_to("a.yaml")
    (folder / DEFAULT / "empty.yaml").write_text("")
    (folder / DEFAULT / "long.yaml").write_text("x" * (1024 * 1024 + 1))
    git("add", ".")
    git("commit", "-qm", "first")
    (folder / DEFAULT / "a.yaml").write_text("two: 2\n")
    git("commit", "-qam", "second")
    return folder, git


def test_the_files_of_a_revision(repository, tmp_path):
    """Each file is written byte by byte, links stay links, and of a too long one its length."""
    folder, _ = repository
    target = tmp_path / "target"
    target.mkdir()
    export("HEAD~1", folder, target)
    assert (target / "a.yaml").read_text() == "one: 1\n"
    assert (target / "prompts" / "d\u00e9sk file.md").read_bytes() == b"\xff hello\n"
    assert (target / "link.yaml").readlink().name == "a.yaml"
    assert (target / "empty.yaml").read_text() == ""
    assert (target / "long.yaml").stat().st_size == 1024 * 1024
    assert (folder / DEFAULT / "a.yaml").read_text() == "two: 2\n"


@pytest.mark.parametrize("beside", [".", DEFAULT])
def test_a_folder_behind_the_colon(repository, tmp_path, beside):
    """The folder is looked for from where one stands, then from the root of the repository."""
    folder, _ = repository
    export("HEAD:agents.d/", folder / beside, tmp_path)
    assert (tmp_path / "a.yaml").read_text() == "two: 2\n"


def test_a_file_cannot_leave_the_folder(repository, tmp_path):
    """A tree that was made to write elsewhere, by its names or through a link, does not."""
    folder, git = repository
    evil = git("hash-object", "-w", "--stdin", given=b"evil")
    out = git("hash-object", "-w", "--stdin", given=str(tmp_path).encode())
    inner = git("mktree", given=f"100644 blob {evil}\tnew.yaml\n".encode())
    listing = f"120000 blob {out}\tlink\n040000 tree {inner}\tlink\n040000 tree {inner}\t..\n"
    agents = git("mktree", given=listing.encode())
    tree = git("mktree", given=f"040000 tree {agents}\tagents.d\n".encode())
    commit = git("commit-tree", tree, "-m", "evil")
    target = tmp_path / "deep" / "target"
    target.mkdir(parents=True)
    export(commit, folder, target)
    assert [p.name for p in target.rglob("*.yaml")] == ["new.yaml"]
    assert not list(tmp_path.glob("new.yaml"))
    assert not list((tmp_path / "deep").glob("new.yaml"))


@pytest.mark.parametrize(
    ("revision", "words"),
    [
        ("HEAD~9", "neither a folder nor a git revision 'HEAD~9'"),
        ("--all", "neither a folder nor a git revision '--all'"),
        (":agents.d", "neither a folder nor a git revision ''"),
        ("HEAD:nowhere", "has no folder 'nowhere'"),
        ("HEAD:agents.d/a.yaml", "has no folder"),
        ("HE\0AD", "there is no folder"),
    ],
)
def test_what_cannot_be_read_is_said(repository, tmp_path, revision, words):
    """An unknown revision or folder is named in plain words."""
    with pytest.raises(RevisionError, match=words.replace("(", r"\(")):
        export(revision, repository[0], tmp_path)


def test_outside_a_repository(tmp_path, monkeypatch):
    """Without a repository, or without git, there are no revisions, and that is said."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(RevisionError, match="no git repository here"):
        export("HEAD", tmp_path, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RevisionError, match="without git installed"):
        export("HEAD", tmp_path, tmp_path)


def test_a_repository_that_lacks_an_object(repository, tmp_path):
    """A repository that was damaged is said to be."""
    folder, git = repository
    name = git("rev-parse", "HEAD:agents.d/a.yaml")
    (folder / ".git" / "objects" / name[:2] / name[2:]).unlink()
    with pytest.raises(RevisionError, match="repository"):
        export("HEAD", folder, tmp_path)
