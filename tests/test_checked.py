"""Checks that are recalled while nothing has changed."""

from __future__ import annotations

import pytest

from runner.cache import Cache
from runner.checked import ReadEnv, check

TEXT = """\
agents:
  desk:
    start: host
    mode: text
    llm: openai/x
personas:
  host:
    instructions_file: host.md
"""


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    (path / "a.yaml").write_text(TEXT)
    return path


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


def codes(result):
    return [d.code for d in result.diagnostics]


def test_what_was_asked_of_an_environment_is_remembered():
    """A name that is not set counts as asked too; the names themselves can be gone through."""
    env = ReadEnv({"A": "1"})
    assert (env.get("A"), env.get("B"), list(env), len(env)) == ("1", None, ["A"], 1)
    assert env.asked == {"A", "B"}


def test_a_prompt_that_is_missing_is_looked_for_again(folder, cache):
    """While a text file cannot be read nothing is recalled: it may be there the next time."""
    assert codes(check(folder, cache)) == ["E007"]
    (folder / "host.md").write_text("Be kind.")
    assert codes(check(folder, cache)) == []
    assert codes(check(folder, cache)) == []


def test_a_prompt_that_has_gone_is_seen(folder, cache):
    """What was recalled does not hold when a text file is no longer there."""
    (folder / "host.md").write_text("Be kind.")
    assert codes(check(folder, cache)) == []
    (folder / "host.md").unlink()
    assert codes(check(folder, cache)) == ["E007"]


def test_a_changed_environment_is_seen(folder, cache, monkeypatch):
    """A variable of the environment that was used belongs to what is recalled."""
    (folder / "host.md").write_text("In {{ env.TOWN }}.")
    monkeypatch.setenv("TOWN", "Hue")
    assert codes(check(folder, cache)) == []
    monkeypatch.delenv("TOWN")
    assert codes(check(folder, cache)) == ["E306"]


def test_what_the_folder_itself_lacks_is_told_each_time(folder, cache):
    """A mistake of the folder, such as a link that leads nowhere, is part of what is recalled."""
    (folder / "host.md").write_text("Be kind.")
    (folder / "b.yaml").symlink_to("nowhere.yaml")
    first = check(folder, cache)
    assert codes(first) == ["E003"]
    assert check(folder, cache).diagnostics == first.diagnostics
    (folder / "b.yaml").unlink()
    assert codes(check(folder, cache)) == []
