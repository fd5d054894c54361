"""`lkrun campaign`: begun, paused, ended and followed by hand."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from runner.cli.main import lkrun

FOLDER = """
agents:
  reminder:
    start: voice
    mode: text
    llm: openai/gpt-4.1-mini
    timezone: Europe/Berlin
    dial:
      to: "{{ job.metadata.phone }}"
personas:
  voice:
    instructions: You remind people.
campaigns:
  recall:
    agent: reminder
    contacts: recall.csv
"""

CONTACTS = "phone;name\n+84901234567;An\n0049 30 123456;=1+1\n"


@pytest.fixture
def campaign(tmp_path, monkeypatch):
    """Run it, with a folder whose data is beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "agents.d").mkdir()
    (tmp_path / "agents.d" / "a.yaml").write_text(FOLDER)
    (tmp_path / "agents.d" / "recall.csv").write_text(CONTACTS)

    def run(*arguments):
        done = CliRunner().invoke(lkrun, ["campaign", *arguments], standalone_mode=False)
        if isinstance(done.exception, click.ClickException):
            return done.exception.exit_code, done.exception.format_message()
        assert done.exception is None, done.exception
        return done.return_value, done.output

    return run


def test_a_campaign_is_begun_paused_resumed_and_ended(campaign):
    """Each step says how it stands then."""
    states = [
        json.loads(campaign(step, "recall", "--format", "json")[1])["state"]
        for step in ("status", "start", "pause", "start", "stop")
    ]
    assert states == ["new", "running", "paused", "running", "stopped"]


def test_what_is_not_there_is_told_with_what_is(campaign):
    """An unknown name, and one that was never started."""
    assert campaign("start", "recal") == (
        1, "lkrun: there is no campaign 'recal'; did you mean 'recall'?\n",
    )  # fmt: skip
    code, words = campaign("pause", "recall")
    assert (code, "was never started" in words) == (1, True)


def test_nothing_begins_while_the_contacts_have_mistakes(campaign, tmp_path):
    """The diagnostics of the check are shown, with the line of the table."""
    (tmp_path / "agents.d" / "recall.csv").write_text("phone\n1e11\n")
    code, words = campaign("start", "recall")
    assert (code, "recall.csv:2:1: error[E216]" in words) == (1, True)
    assert json.loads(campaign("status", "--format", "json")[1]) == []


def test_a_campaign_can_be_paused_while_the_files_have_mistakes(campaign, tmp_path):
    """Whoever must end calls does not have to mend files first."""
    campaign("start", "recall")
    (tmp_path / "agents.d" / "a.yaml").write_text("agents:\n  reminder: no\n")
    code, words = campaign("pause", "recall")
    assert (code, words.startswith("recall: paused")) == (0, True)


def test_results_are_a_table_that_no_spreadsheet_runs(campaign):
    """A line a contact, with what the table said of it."""
    campaign("start", "recall")
    _, words = campaign("status", "recall", "--csv")
    head, first, second = words.splitlines()
    assert head.startswith("line,phone,timezone,state,outcome,attempts")
    assert first == "2,+84901234567,,waiting,,0,,,,,An"
    assert second.endswith(",'=1+1")
