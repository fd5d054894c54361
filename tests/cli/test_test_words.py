"""What `lkrun test` says when something of its command line cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from support.tested_folder import AGENTS

from runner.cli.main import lkrun

TESTS = """
tests:
  says_hello:
    agent: desk
    steps:
      - user: hello
      - agent:
          says: Hello there
"""


@pytest.fixture
def said(tmp_path, monkeypatch):
    """Run `lkrun test FOLDER` with some options: what it prints, or the mistake that it tells."""
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("LIVEKIT_API_KEY", raising=False)
    folder = tmp_path / "agents.d"
    folder.mkdir()
    (folder / "agents.yaml").write_text(AGENTS + TESTS, encoding="utf-8")

    def said(*options, first=None):
        words = ["test", first or str(folder), *options]
        done = CliRunner().invoke(lkrun, words, standalone_mode=False)
        return done.exception.format_message() if done.exception else done.stderr

    return said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-k", "burger"), "lkrun: no test fits -k burger; there are says_hello\n"),
        (("--tag", "slow", "-k", "x"), "no test fits -k x, --tag slow; there are says_hello"),
        (("--simulate",), "no test fits --simulate; there are says_hello"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_who_chooses_no_test_is_told_which_there_are(said, options, words):
    """A run of nothing says why, so that a wrong word is not taken for success."""
    assert words in said(*options)


def test_who_keeps_sound_of_no_test_aloud_is_told(said, tmp_path):
    """`--audio` without a test aloud keeps nothing, and says so."""
    assert "none of these tests has mode: audio" in said("--audio", str(tmp_path / "talks"))


def test_a_report_that_cannot_be_written_is_told_before_any_test(said, tmp_path):
    """A file in the place of a folder is a mistake of the command, and no bug."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    words = said("--junit", str(tmp_path / "file" / "report.xml"))
    assert words.startswith("Invalid value for --junit: ")
    assert "cannot be written" in words


def test_a_model_that_cannot_be_used_is_told(said):
    """A wrong `--model` is a mistake of the command, and no bug."""
    assert said("--model", "nonsense").startswith("Invalid value for --model: 'nonsense'")


def test_a_misspelt_verb_is_not_taken_for_a_folder(said):
    """`lkrun test recrod` asks whether `record` was meant."""
    assert said(first="recrod") == "there is no folder 'recrod'; did you mean 'record'?"


def test_a_model_that_no_agent_uses_plays_the_caller(tmp_path, monkeypatch):
    """`--model` takes every provider of the folder; its own tests are its use."""
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path / "cache"))
    file = Path(__file__).parents[1] / "good" / "model-of-tests-alone.yaml"
    (tmp_path / "agents.d").mkdir()
    (tmp_path / "agents.d" / "all.yaml").write_text(file.read_text("utf-8"), encoding="utf-8")
    words = ["test", str(tmp_path / "agents.d"), "--model", "caller", "--simulate"]
    done = CliRunner().invoke(lkrun, words, standalone_mode=False)
    assert "1 passed" in done.output, done.output
    assert "W201" not in done.output
