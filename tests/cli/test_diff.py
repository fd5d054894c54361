"""`lkrun diff`, as people and scripts use it."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from support.standing import GOOD, archive_of, compiled

OTHER = GOOD.replace("Hello.", "Welcome.")
TOLD = "callers of desk hear a new greeting from host: \u201cWelcome.\u201d"


@pytest.fixture
def folders(tmp_path):
    """Two folders, `old` and `new`, in a git repository with `agents.d` as it was and is."""
    for name, text in (("old", GOOD), ("new", OTHER), ("agents.d", GOOD)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(text)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    for command in (["init", "-q"], ["add", "agents.d"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True, env=env)
    (tmp_path / "agents.d" / "a.yaml").write_text(OTHER)
    return tmp_path


def test_two_folders(lkrun, folders):
    """What differs is told by agent; nothing to tell is said; both are exit code 0."""
    done = lkrun("diff", "old", "new", cwd=folders)
    assert (done.returncode, done.stdout) == (0, f"desk\n  {TOLD}\n")
    done = lkrun("diff", "old", "old", cwd=folders)
    assert (done.returncode, done.stdout) == (0, "nothing changes for callers\n")
    coloured = lkrun("diff", "old", "new", "--color", "always", cwd=folders)
    assert coloured.stdout.startswith("\x1b[1mdesk\x1b[0m\n")


def test_the_json_document(lkrun, folders):
    """One list, with exactly the fields of the contract."""
    done = lkrun("diff", "old", "new", "--format", "json", cwd=folders)
    assert json.loads(done.stdout) == [
        {
            "path": "personas.host.greeting.say",
            "kind": "changed",
            "before": ["Hello."],
            "after": ["Welcome."],
            "sentence": TOLD,
        }
    ]
    assert json.loads(lkrun("diff", "old", "old", "--format", "json", cwd=folders).stdout) == []


@pytest.mark.parametrize("old", ["HEAD", "HEAD:agents.d"])
def test_a_revision_and_a_folder(lkrun, folders, old, tmp_path):
    """A side may be a git revision; nothing of it is left behind."""
    place = tmp_path / "place"
    place.mkdir()
    done = lkrun("diff", old, "agents.d", cwd=folders, env={"TMPDIR": str(place)})
    assert (done.returncode, done.stdout) == (0, f"desk\n  {TOLD}\n")
    assert not list(place.iterdir())


def test_a_side_with_mistakes(lkrun, folders):
    """A side that does not check is check's document, and exit code 1; stderr says which side."""
    (folders / "new" / "a.yaml").write_text(GOOD.replace("start: host", "start: hots"))
    done = lkrun("diff", "old", "new", "--format", "json", cwd=folders)
    assert done.returncode == 1
    assert [d["code"] for d in json.loads(done.stdout)["diagnostics"]] == ["E202"]
    assert done.stderr == "new has mistakes:\n"
    assert "a.yaml:3:12: error[E202]" in lkrun("diff", "new", "old", cwd=folders).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["old"],
        ["old", "nowhere"],
        ["HEAD~1", "new"],
        ["HEAD:x", "new"],
        ["a" * 5000, "new"],
        ["", "new"],
        ["-x", "new"],
        ["old/a.yaml", "new"],
    ],
)
def test_wrong_use(lkrun, folders, arguments):
    """A side that is missing, no folder or no revision is wrong use, in one line of words."""
    done = lkrun("diff", *arguments, cwd=folders)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Error: " in done.stderr


@pytest.fixture
def kept(folders, tmp_path):
    """A release of `agents.d` that is kept, with the greeting as it was."""
    release = compiled(folders / "agents.d", GOOD)
    archive_of(folders / "agents.d", tmp_path).keep(release, [])
    (folders / "agents.d" / "a.yaml").write_text(OTHER)
    return release.id


@pytest.mark.parametrize("digits", [6, 12])
def test_a_kept_release(lkrun, folders, kept, digits):
    """A side may be the id of a kept release, or six digits of it."""
    done = lkrun("diff", kept[:digits], "agents.d", cwd=folders)
    assert (done.returncode, done.stdout) == (0, f"desk\n  {TOLD}\n")
    both = lkrun("diff", kept, kept[:digits], cwd=folders)
    assert both.stdout == "nothing changes for callers\n"


def test_the_archive_is_that_of_the_other_side(lkrun, folders, kept, tmp_path):
    """Beside a folder the id is one of that folder's; else one of `agents.d`."""
    release = compiled(folders / "new", GOOD.replace("Hello.", "Good day."))
    archive_of(folders / "new", tmp_path).keep(release, [])
    (folders / "new" / "a.yaml").write_text(OTHER)
    assert lkrun("diff", release.id, "new", cwd=folders).stdout == f"desk\n  {TOLD}\n"
    done = lkrun("diff", kept, "new", cwd=folders)
    assert done.returncode == 2
    assert f"the kept ones are {release.id}" in done.stderr


def test_a_folder_or_revision_of_that_name_wins(lkrun, folders, kept):
    """A name that is an id as well means the folder, then the revision, then the release."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "commit", "-qam", "second"], cwd=folders, check=True)
    subprocess.run([*git, "tag", kept], cwd=folders, check=True)
    done = lkrun("diff", kept, "agents.d", cwd=folders)
    assert done.stdout == "nothing changes for callers\n"
    (folders / kept).mkdir()
    (folders / kept / "a.yaml").write_text(GOOD)
    done = lkrun("diff", kept, "agents.d", cwd=folders)
    assert done.stdout == f"desk\n  {TOLD}\n"


def test_an_id_that_is_not_kept(lkrun, folders, kept):
    """What is neither a folder, a revision nor a kept release is told as all three."""
    done = lkrun("diff", "abcdef", "agents.d", cwd=folders)
    assert done.returncode == 2
    assert "neither a folder nor a git revision 'abcdef'" in done.stderr
    assert f"the kept ones are {kept}" in done.stderr


def test_a_kept_release_that_is_damaged(lkrun, folders, kept, tmp_path):
    """It cannot be compared, which is one sentence and exit code 1."""
    for path in archive_of(folders / "agents.d", tmp_path).root.glob("agents/*"):
        path.write_text("")
    done = lkrun("diff", kept, "agents.d", cwd=folders)
    assert done.returncode == 1
    assert done.stderr == f"Error: the files of the kept release '{kept}' are damaged\n"
