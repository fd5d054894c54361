"""`lkrun diff`, as people and scripts use it."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

GOOD = """\
agents:
  desk:
    start: host
    mode: text
    llm: openai/gpt-4.1-mini
personas:
  host:
    instructions: x
    greeting:
      say: Hello.
"""
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
