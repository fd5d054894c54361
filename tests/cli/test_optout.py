"""`lkrun optout`: the list of numbers that are never called."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from runner.cli.main import lkrun

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: openai/gpt-4.1-mini
personas:
  host:
    instructions: Help.
"""


@pytest.fixture
def optout(tmp_path, monkeypatch):
    """Run it, with a folder whose data is beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "agents.d").mkdir()
    (tmp_path / "agents.d" / "a.yaml").write_text(FOLDER)

    def run(*arguments):
        done = CliRunner().invoke(lkrun, ["optout", *arguments], standalone_mode=False)
        if isinstance(done.exception, click.ClickException):
            return done.exception.exit_code, done.exception.format_message()
        assert done.exception is None, done.exception
        return done.return_value, done.output

    return run


def test_a_number_comes_and_goes(optout):
    """It is there once; who is not there cannot be taken off."""
    number = "+842412345678"
    assert optout("list") == (0, "no number is on the list\n")
    assert optout("remove", number) == (1, f"lkrun: {number} is not on the list\n")
    words = "on the list of those who are never called\n"
    assert optout("add", number) == (0, f"{number} is now {words}")
    assert optout("add", number) == (0, f"{number} is {words}")
    code, text = optout("list", "--format", "json")
    (listed,) = json.loads(text)
    assert (code, listed["number"], listed["agent"], listed["session"]) == (0, number, None, None)
    assert "put there by hand" in optout("list")[1]
    written = "0084 24 1234 5678"  # as it is written down anywhere else
    assert optout("remove", written) == (0, f"{number} may be called again\n")
    assert json.loads(optout("list", "--format", "json")[1]) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("24 1234 5678", "does not say of which country it is"),
        ("nobody", "'nobody' is not a phone number"),
    ],
)
def test_a_number_that_could_not_be_dialled_is_wrong_use(optout, given, said):
    """It would never be found; what is to be written is said."""
    code, text = optout("add", given)
    assert code == 2
    assert said in text
